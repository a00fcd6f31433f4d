#include "secrets/ordered_places.h"

#include <utility>

namespace keypool::secrets {

OrderedPlaces::OrderedPlaces(std::vector<std::unique_ptr<const Place>> places)
    : places_(std::move(places)) {}

std::optional<SecretSource::Found> OrderedPlaces::resolve(std::string_view name) const {
  for (const auto& place : places_) {
    if (auto found = place->look_up(name)) return std::move(*found);
  }
  return std::nullopt;
}

std::vector<std::string> OrderedPlaces::places(std::string_view name) const {
  std::vector<std::string> lines;
  for (const auto& place : places_) {
    auto found = place->look_up(name);
    lines.push_back(found ? found->origin + ": found" : std::move(found.error()));
  }
  return lines;
}

}  // namespace keypool::secrets
