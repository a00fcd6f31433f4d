#include "config/routes.h"

#include <array>
#include <string_view>
#include <utility>

#include "config/endpoint_names.h"
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
  const EndpointNames names(root);
  for (const YamlNode* route : routes->children) {
    if (const YamlNode* endpoint = route->field("endpoint")) names.check(*endpoint, problems);
  }
}

}  // namespace keypool::config
