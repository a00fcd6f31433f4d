#include "config/endpoints.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/address.h"
#include "config/fields.h"
#include "config/keys.h"
#include "config/suggest.h"
#include "config/values.h"

namespace keypool::config {
namespace {

using namespace std::chrono_literals;

/// Path segments of the gateway's own.
constexpr std::string_view kReserved = "v1";

bool read_name(const YamlNode& node, Endpoint& endpoint, Problems& problems) {
  if (node.text == kReserved) {
    problems.add(node,
                 "`v1` is reserved for calls without an endpoint in their path; expected "
                 "another name");
    return true;
  }
  return read_plain_name(node, endpoint.name, problems);
}

bool read_base_url(const YamlNode& node, Endpoint& endpoint, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  auto url = parse_base_url(node.text);
  if (url) {
    endpoint.base_url = std::move(*url);
  } else {
    problems.add(node,
                 fmt::format("expected a URL such as https://api.openai.com: {}", url.error()));
  }
  return true;
}

constexpr std::string_view kDialectExpected =
    "one of openai, anthropic, gemini, azure_openai, generic";

bool read_dialect(const YamlNode& node, Endpoint& endpoint, Problems& problems) {
  static constexpr std::array<std::string_view, 5> kDialects = {"openai", "anthropic", "gemini",
                                                                "azure_openai", "generic"};
  if (node.kind != YamlKind::scalar) return false;
  if (const auto dialect = provider::dialect_from(node.text)) {
    endpoint.dialect = *dialect;
  } else {
    problems.add(node, fmt::format("expected {}, got {}{}", kDialectExpected, shown(node.text),
                                   did_you_mean(node.text, kDialects)));
  }
  return true;
}

bool read_policy(const YamlNode& node, Endpoint& endpoint, Problems&) {
  static constexpr std::array<std::pair<std::string_view, Policy>, 5> kPolicies = {{
      {"headroom", Policy::headroom},
      {"least_loaded", Policy::least_loaded},
      {"lifetime", Policy::lifetime},
      {"round_robin", Policy::round_robin},
      {"sequential", Policy::sequential},
  }};
  if (node.kind != YamlKind::scalar) return false;
  const auto found =
      std::ranges::find(kPolicies, node.text, &std::pair<std::string_view, Policy>::first);
  if (found == kPolicies.end()) return false;
  endpoint.policy = found->second;
  return true;
}

/// RFC 9110 §5.1.
bool is_header_name(std::string_view text) {
  static constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOther.find(c) != kOther.npos;
  };
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, fits);
}

bool read_affinity(const YamlNode& node, Endpoint& endpoint, Problems&) {
  static constexpr std::string_view kHeader = "header:";
  if (node.kind != YamlKind::scalar) return false;
  if (node.text == "off") {
    endpoint.affinity = {};
  } else if (node.text == "prefix") {
    endpoint.affinity = {Affinity::By::prefix, {}};
  } else {
    if (!node.text.starts_with(kHeader)) return false;
    auto name = node.text.substr(kHeader.size());
    if (!is_header_name(name)) return false;
    endpoint.affinity = {Affinity::By::header, std::move(name)};
  }
  return true;
}

bool read_fallback(const YamlNode& node, Endpoint& endpoint, Problems& problems) {
  if (node.kind != YamlKind::list) return false;
  for (const YamlNode* item : node.children) {
    std::string& name = endpoint.fallback.emplace_back();
    if (!read_plain_name(*item, name, problems)) {
      problems.add(*item,
                   fmt::format("expected the name of an endpoint, got {}", described(*item)));
    }
  }
  return true;
}

constexpr std::array kEndpointFields = {
    Field<Endpoint>{"name", Presence::required,
                    "a name of letters, digits and `._~-`, as it stands in URLs", read_name},
    Field<Endpoint>{"base_url", Presence::required, "a URL such as https://api.openai.com",
                    read_base_url},
    Field<Endpoint>{"dialect", Presence::required, kDialectExpected, read_dialect},
    Field<Endpoint>{"keys", Presence::required,
                    "a list of names such as OPENAI_API_KEY, or `none` for a server without keys",
                    read_keys},
    Field<Endpoint>{"policy", Presence::optional,
                    "one of headroom, least_loaded, lifetime, round_robin, sequential",
                    read_policy},
    Field<Endpoint>{"affinity", Presence::optional, "off, prefix or header:<name>", read_affinity},
    Field<Endpoint>{"cooldown", Presence::optional, "a duration from 1s to 24h, such as 60s",
                    [](const YamlNode& node, Endpoint& endpoint, Problems&) {
                      return read_duration(node, 1s, 24h, endpoint.cooldown);
                    }},
    Field<Endpoint>{"attempts", Presence::optional, "a whole number from 1 to 100",
                    [](const YamlNode& node, Endpoint& endpoint, Problems&) {
                      return read_whole(node, 1, 100, endpoint.attempts);
                    }},
    Field<Endpoint>{"max_wait", Presence::optional, "a duration from 0s to 1h, such as 10s",
                    [](const YamlNode& node, Endpoint& endpoint, Problems&) {
                      return read_duration(node, 0s, 1h, endpoint.max_wait);
                    }},
    Field<Endpoint>{"ca", Presence::optional,
                    "the absolute path of a PEM file with the authorities to trust",
                    [](const YamlNode& node, Endpoint& endpoint, Problems&) {
                      return read_path(node, endpoint.ca);
                    }},
    Field<Endpoint>{"fallback", Presence::optional, "a list of endpoints' names", read_fallback},
};

}  // namespace

bool read_endpoints(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::list || node.children.empty()) return false;

  std::map<std::string, int> line_of_name;
  for (const YamlNode* item : node.children) {
    Endpoint endpoint;
    endpoint.place = item->place;
    read_map(*item, kEndpointFields, endpoint, problems);
    if (!endpoint.name.empty()) {
      const YamlNode& name = *item->field("name");
      const auto [first, is_new] = line_of_name.emplace(endpoint.name, name.place.line);
      if (!is_new) {
        problems.add(name, fmt::format("{} is the name of another endpoint, on line {}",
                                       shown(endpoint.name), first->second));
      }
    }
    config.endpoints.push_back(std::move(endpoint));
  }
  return true;
}

}  // namespace keypool::config
