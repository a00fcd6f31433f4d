#include "cli/example_call.h"

#include <fmt/format.h>

namespace keypool::cli {
namespace {

/// A base URL may already end in the API's version: then a call does not name it again.
bool has_version(const config::Endpoint& endpoint) {
  const std::string& prefix = endpoint.base_url.prefix;
  return prefix.ends_with("/v1") || prefix.ends_with("/v1beta");
}

}  // namespace

std::string example_call(std::string_view gateway_url, const config::Endpoint& endpoint) {
  using provider::Dialect;
  const std::string base = fmt::format("{}/{}", gateway_url, endpoint.name);
  const std::string_view v1 = has_version(endpoint) ? "" : "/v1";
  switch (endpoint.dialect) {
    case Dialect::openai:
      return fmt::format("curl {}{}/models", base, v1);
    case Dialect::anthropic:
      return fmt::format("curl {}{}/models -H 'anthropic-version: 2023-06-01'", base, v1);
    case Dialect::gemini:
      return fmt::format("curl '{}{}/models?pageSize=5'", base,
                         has_version(endpoint) ? "" : "/v1beta");
    case Dialect::azure_openai:
      return fmt::format("curl '{}/openai/models?api-version=2024-10-21'", base);
    case Dialect::generic:
      return fmt::format("curl -i {}/", base);
  }
  return {};
}

std::string example_chat(std::string_view base_url, std::string_view credential) {
  const std::string header =
      credential.empty() ? "" : fmt::format(" -H 'authorization: Bearer {}'", credential);
  return fmt::format(
      "curl {}/v1/chat/completions{} -H 'content-type: application/json' "
      R"(-d '{{"model": "demo", "messages": [{{"role": "user", "content": "Say hello."}}]}}')",
      base_url, header);
}

}  // namespace keypool::cli
