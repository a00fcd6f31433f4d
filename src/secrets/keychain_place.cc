#include "secrets/keychain_place.h"

#include <utility>

#include <fmt/format.h>

#include "secrets/value.h"

namespace keypool::secrets {

std::expected<SecretSource::Found, std::string> KeychainPlace::look_up(
    std::string_view name) const {
  const auto item = keychain_.find(name);
  if (!item) {
    return std::unexpected(fmt::format("OS keychain, service {}, account {}: {}",
                                       Keychain::kService, name, item.error().message));
  }
  auto value = make_secret(WipedText(item->reveal()));
  if (!value) {
    return std::unexpected(fmt::format("OS keychain, service {}, account {}: {}",
                                       Keychain::kService, name, value.error()));
  }
  return SecretSource::Found{std::move(*value), "OS keychain"};
}

}  // namespace keypool::secrets
