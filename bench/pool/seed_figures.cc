#include "bench/pool/seed_figures.h"

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

namespace keypool::bench {
namespace {

std::string id(const std::string& what, int keys, int endpoints, int threads) {
  return what + '/' + std::to_string(keys) + '/' + std::to_string(endpoints) + '/' +
         std::to_string(threads);
}

}  // namespace

SeedFigures::SeedFigures() {
  const char* const path = std::getenv("KEYPOOL_SEED_FIGURES");
  if (path == nullptr) return;
  const auto file = nlohmann::json::parse(std::ifstream(path));
  for (const auto& row : file.at("rows")) {
    figures_[id(row.at("case"), row.at("keys"), row.at("endpoints"), row.at("threads"))] =
        row.at("ns_per_op").get<double>();
  }
}

std::optional<double> SeedFigures::nanoseconds(const std::string& what, int keys, int endpoints,
                                               int threads) const {
  const auto figure = figures_.find(id(what, keys, endpoints, threads));
  if (figure == figures_.end()) return std::nullopt;
  return figure->second;
}

}  // namespace keypool::bench
