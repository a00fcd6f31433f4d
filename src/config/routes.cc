#include "config/routes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/fields.h"
#include "config/values.h"

namespace keypool::config {
namespace {

bool read_pattern(const YamlNode& node, Route& route, Problems&) {
  constexpr std::size_t kMost = 256;
  if (node.kind != YamlKind::scalar || node.text.empty() || node.text.size() > kMost) return false;
  route.model = node.text;
  return true;
}

constexpr std::array kRouteFields = {
    Field<Route>{"model", Presence::required, "a model's name, in which `*` stands for any text",
                 read_pattern},
    Field<Route>{"endpoint", Presence::required, "the name of an endpoint",
                 [](const YamlNode& node, Route& route, Problems& problems) {
                   return read_plain_name(node, route.endpoint, problems);
                 }},
};

std::vector<std::string_view> endpoint_names(const YamlNode& root) {
  std::vector<std::string_view> names;
  const YamlNode* endpoints = root.field("endpoints");
  if (endpoints == nullptr) return names;
  for (const YamlNode* endpoint : endpoints->children) {
    const YamlNode* name = endpoint->field("name");
    if (name != nullptr && is_plain_name(name->text)) names.push_back(name->text);
  }
  return names;
}

std::string joined(const std::vector<std::string_view>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

bool read_routes(const YamlNode& node, Config& config, Problems& problems) {
  if (node.kind != YamlKind::list) return false;
  for (const YamlNode* item : node.children) {
    Route route;
    read_map(*item, kRouteFields, route, problems);
    config.routes.push_back(std::move(route));
  }
  return true;
}

void check_routes(const YamlNode& root, Problems& problems) {
  const YamlNode* routes = root.field("routes");
  if (routes == nullptr) return;
  const auto names = endpoint_names(root);
  for (const YamlNode* route : routes->children) {
    const YamlNode* endpoint = route->field("endpoint");
    if (endpoint == nullptr || !is_plain_name(endpoint->text)) continue;
    if (std::ranges::find(names, endpoint->text) != names.end()) continue;
    auto advice = did_you_mean(endpoint->text, names);
    if (advice.empty()) advice = fmt::format("; there are: {}", joined(names));
    problems.add(*endpoint,
                 fmt::format("no endpoint is called {}{}", shown(endpoint->text), advice));
  }
}

}  // namespace keypool::config
