#pragma once

#include <atomic>
#include <chrono>

#include "secrets/keychain.h"

namespace keypool::secrets {

/// The Secret Service of the user's session bus, by libsecret. Each call runs on a thread of its
/// own, which is waited for no longer than `limit`; after one call that took longer nothing is
/// asked again.
class SecretService final : public Keychain {
 public:
  explicit SecretService(std::chrono::milliseconds limit) : limit_(limit) {}

  [[nodiscard]] std::expected<Secret, KeychainFailure> find(std::string_view name) const override;
  [[nodiscard]] std::expected<void, KeychainFailure> store(std::string_view name,
                                                           const Secret& value) const override;
  [[nodiscard]] std::expected<void, KeychainFailure> remove(std::string_view name) const override;
  [[nodiscard]] std::expected<std::vector<std::string>, KeychainFailure> names() const override;

 private:
  const std::chrono::milliseconds limit_;
  mutable std::atomic<bool> hangs_{false};
};

}  // namespace keypool::secrets
