#include "config/endpoints.h"

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <string_view>

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

bool refuse_not_yet(const YamlNode& node, std::string_view only, Problems& problems) {
  problems.add(node, fmt::format("{} is not yet supported by this version; only `{}` is",
                                 shown(node.text), only));
  return true;
}

bool read_policy(const YamlNode& node, Endpoint&, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (node.text == "headroom") return true;
  for (const std::string_view later : {"least_loaded", "lifetime", "round_robin", "sequential"}) {
    if (node.text == later) return refuse_not_yet(node, "headroom", problems);
  }
  return false;
}

bool read_affinity(const YamlNode& node, Endpoint&, Problems& problems) {
  if (node.kind != YamlKind::scalar) return false;
  if (node.text == "off") return true;
  if (node.text == "prefix" || node.text.starts_with("header:")) {
    return refuse_not_yet(node, "off", problems);
  }
  return false;
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
    Field<Endpoint>{"fallback", Presence::not_yet, "a list of endpoints' names"},
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
