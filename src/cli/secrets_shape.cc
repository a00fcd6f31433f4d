#include "cli/secrets_shape.h"

#include <fmt/format.h>

#include "pool/key_list.h"
#include "provider/known.h"
#include "secrets/key_shape.h"

namespace keypool::cli {
namespace {

/// The endpoint whose keys a variable holds; empty where none is known. `OPENAI_API_KEY_CI` counts
/// as `OPENAI_API_KEY`.
std::string_view endpoint_of(std::string_view variable) {
  for (const auto& provider : provider::known_providers()) {
    if (!provider.variable.empty() && variable.starts_with(provider.variable)) {
      return provider.endpoint;
    }
  }
  return {};
}

/// Several providers' keys begin with a bare `sk-`, which tells nothing.
bool tells_the_provider(const secrets::KeyShape& shape, std::string_view key) {
  return shape.provider != "OpenAI" || key.starts_with("sk-proj-") ||
         key.starts_with("sk-svcacct-") || key.find("T3BlbkFJ") != key.npos;
}

}  // namespace

std::optional<std::string> misfit(std::string_view name, std::string_view value) {
  const auto expected = endpoint_of(name);
  if (expected.empty()) return std::nullopt;
  for (const auto& key : pool::split_keys(name, value)) {
    const auto shape = secrets::key_shape(key.secret.reveal());
    if (!shape || !tells_the_provider(*shape, key.secret.reveal())) continue;
    if (endpoint_of(shape->variable) == expected) continue;
    return fmt::format("{} looks like a key of {}, whose variable is {}", key.name, shape->provider,
                       shape->variable);
  }
  return std::nullopt;
}

}  // namespace keypool::cli
