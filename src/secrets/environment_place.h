#pragma once

#include "secrets/place.h"

namespace keypool::secrets {

/// The environment variable NAME.
class EnvironmentPlace final : public Place {
 public:
  [[nodiscard]] std::expected<SecretSource::Found, std::string> look_up(
      std::string_view name) const override;
};

}  // namespace keypool::secrets
