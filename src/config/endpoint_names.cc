#include "config/endpoint_names.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/shown.h"
#include "config/suggest.h"
#include "config/values.h"

namespace keypool::config {
namespace {

const Endpoint* find_endpoint(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.endpoints, name, &Endpoint::name);
  return found == config.endpoints.end() ? nullptr : &*found;
}

/// What is wrong with falling back from `endpoint` to `name`; empty: nothing.
std::string objection(const Endpoint& endpoint, std::string_view name, const Config& config) {
  if (name == endpoint.name) {
    return fmt::format("{} cannot be its own fallback; expected another endpoint", shown(name));
  }
  if (std::ranges::count(endpoint.fallback, name) > 1) {
    return fmt::format("{} is listed twice", shown(name));
  }
  const Endpoint* other = find_endpoint(config, name);
  if (other == nullptr || other->dialect == endpoint.dialect) return {};
  return fmt::format("{} speaks {}, and calls of {} are {}; expected an endpoint of that dialect",
                     shown(name), to_string(other->dialect), shown(endpoint.name),
                     to_string(endpoint.dialect));
}

}  // namespace

EndpointNames::EndpointNames(const YamlNode& root) {
  const YamlNode* endpoints = root.field("endpoints");
  if (endpoints == nullptr) return;
  for (const YamlNode* endpoint : endpoints->children) {
    const YamlNode* name = endpoint->field("name");
    if (name != nullptr && is_plain_name(name->text)) names_.push_back(name->text);
  }
}

void EndpointNames::check(const YamlNode& node, Problems& problems) const {
  if (!is_plain_name(node.text)) return;
  if (std::ranges::find(names_, node.text) != names_.end()) return;
  auto advice = did_you_mean(node.text, names_);
  if (advice.empty()) {
    advice = names_.empty() ? "; there are: none"
                            : fmt::format("; there are: {}", fmt::join(names_, ", "));
  }
  problems.add(node, fmt::format("no endpoint is called {}{}", shown(node.text), advice));
}

void check_fallbacks(const YamlNode& root, const Config& config, Problems& problems) {
  const EndpointNames names(root);
  for (const Endpoint& endpoint : config.endpoints) {
    if (endpoint.fallback.empty()) continue;
    const auto index = static_cast<std::size_t>(&endpoint - config.endpoints.data());
    for (const YamlNode* item :
         root.field("endpoints")->children[index]->field("fallback")->children) {
      if (!is_plain_name(item->text)) continue;
      names.check(*item, problems);
      const auto wrong = objection(endpoint, item->text, config);
      if (!wrong.empty()) problems.add(*item, wrong);
    }
  }
}

}  // namespace keypool::config
