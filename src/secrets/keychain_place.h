#pragma once

#include "secrets/keychain.h"
#include "secrets/place.h"

namespace keypool::secrets {

/// The item NAME of the user's keychain.
class KeychainPlace final : public Place {
 public:
  /// `keychain` must outlive it.
  explicit KeychainPlace(const Keychain& keychain) : keychain_(keychain) {}

  [[nodiscard]] std::expected<SecretSource::Found, std::string> look_up(
      std::string_view name) const override;

 private:
  const Keychain& keychain_;
};

}  // namespace keypool::secrets
