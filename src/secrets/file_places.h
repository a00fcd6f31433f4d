#pragma once

#include "secrets/place.h"

namespace keypool::secrets {

/// The file that the environment variable NAME_FILE names: how container images take secrets.
class NamedFilePlace final : public Place {
 public:
  [[nodiscard]] std::expected<SecretSource::Found, std::string> look_up(
      std::string_view name) const override;
};

/// The file NAME in $CREDENTIALS_DIRECTORY: what systemd's LoadCredential= hands over.
class CredentialsPlace final : public Place {
 public:
  [[nodiscard]] std::expected<SecretSource::Found, std::string> look_up(
      std::string_view name) const override;
};

}  // namespace keypool::secrets
