#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret_source.h>

#include "secrets/place.h"

namespace keypool::secrets {

/// Asks one place after the other; the first that holds a value gives it.
class OrderedPlaces final : public SecretSource {
 public:
  explicit OrderedPlaces(std::vector<std::unique_ptr<const Place>> places);

  [[nodiscard]] std::optional<Found> resolve(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> places(std::string_view name) const override;

 private:
  std::vector<std::unique_ptr<const Place>> places_;
};

}  // namespace keypool::secrets
