#include "secrets/environment_place.h"

#include <utility>

#include <fmt/format.h>

#include "secrets/environment.h"
#include "secrets/value.h"

namespace keypool::secrets {

std::expected<SecretSource::Found, std::string> EnvironmentPlace::look_up(
    std::string_view name) const {
  const auto raw = variable(name);
  if (!raw) return std::unexpected(fmt::format("environment variable {}: not set", name));
  auto value = make_secret(WipedText(*raw));
  if (!value) {
    return std::unexpected(fmt::format("environment variable {}: {}", name, value.error()));
  }
  return SecretSource::Found{std::move(*value), "environment"};
}

}  // namespace keypool::secrets
