#include "provider/client_credentials.h"

#include <algorithm>

#include "provider/media_type.h"
#include "provider/phrase.h"
#include "provider/target.h"

namespace keypool::provider {
namespace {

std::string_view bearer_in(http::Headers headers) noexcept {
  constexpr std::string_view kBearer = "bearer ";
  const auto value = http::find(headers, "authorization").value_or("");
  return starts_with_phrase(value, kBearer) ? trimmed(value.substr(kBearer.size()))
                                            : std::string_view();
}

std::string_view subprotocol_in(http::Headers headers) noexcept {
  constexpr std::string_view kPrefix = "openai-insecure-api-key.";
  auto offered = http::find(headers, "sec-websocket-protocol").value_or("");
  while (!offered.empty()) {
    const auto end = std::min(offered.find(','), offered.size());
    const auto one = trimmed(offered.substr(0, end));
    if (one.starts_with(kPrefix)) return one.substr(kPrefix.size());
    offered.remove_prefix(std::min(end + 1, offered.size()));
  }
  return {};
}

}  // namespace

bool names_credential(std::string_view query_field) {
  const auto name = query_field.substr(0, query_field.find('='));
  if (name.find('%') == std::string_view::npos) return name == "key" || name == "api-key";
  const auto decoded = percent_decoded(name);
  return decoded == "key" || decoded == "api-key";
}

ClientCredentials::ClientCredentials(http::Headers headers, std::string_view target) {
  add(bearer_in(headers));
  for (const std::string_view name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    add(trimmed(http::find(headers, name).value_or("")));
  }
  add_from_query(target);
  add(subprotocol_in(headers));
}

void ClientCredentials::add(std::string_view credential) noexcept {
  if (!credential.empty()) found_[count_++] = credential;
}

void ClientCredentials::add_from_query(std::string_view target) {
  const auto mark = std::min(target.find('?'), target.size());
  auto query = target.substr(std::min(mark + 1, target.size()));
  while (!query.empty()) {
    const auto field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    if (field.empty()) continue;
    const auto equals = field.find('=');
    if (equals >= field.size() - 1 || !names_credential(field)) continue;
    const auto value = field.substr(equals + 1);
    if (value.find('%') == std::string_view::npos) return add(value);
    decoded_ = Secret(percent_decoded(value));
    return add(decoded_.reveal());
  }
}

}  // namespace keypool::provider
