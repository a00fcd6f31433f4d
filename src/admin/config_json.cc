#include "admin/config_json.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "provider/dialect.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

std::string_view policy_name(Policy policy) {
  switch (policy) {
    case Policy::headroom:
      return "headroom";
    case Policy::least_loaded:
      return "least_loaded";
    case Policy::lifetime:
      return "lifetime";
    case Policy::round_robin:
      return "round_robin";
    case Policy::sequential:
      return "sequential";
  }
  return "";
}

std::string affinity_text(const config::Affinity& affinity) {
  switch (affinity.by) {
    case config::Affinity::By::off:
      return "off";
    case config::Affinity::By::prefix:
      return "prefix";
    case config::Affinity::By::header:
      return "header:" + affinity.header;
  }
  return "";
}

json limits_json(const std::vector<ModelLimits>& limits) {
  json models = json::array();
  for (const ModelLimits& of_model : limits) {
    json known = json::object();
    for (std::size_t i = 0; i < kDimensions; ++i) {
      const auto dimension = static_cast<Dimension>(i);
      if (const auto most = of_model.limits[dimension]; most > 0) {
        known[std::string(to_string(dimension))] = most;
      }
    }
    models.push_back({{"model", of_model.model}, {"limits", std::move(known)}});
  }
  return models;
}

json key_config_json(const config::Key& key) {
  const KeyOptions& options = key.options;
  return {{"name", key.name},
          {"group", options.group},
          {"tier", options.tier},
          {"weight", options.weight},
          {"max_in_flight", options.max_in_flight},
          {"usd_per_day", static_cast<double>(options.caps.micro_usd_per_day) / 1e6},
          {"usd_per_month", static_cast<double>(options.caps.micro_usd_per_month) / 1e6},
          {"tokens_per_day", options.caps.tokens_per_day},
          {"limits", limits_json(options.limits)},
          {"disabled", key.disabled}};
}

json price_json(const provider::ModelPrice& of_model) {
  const auto usd = [](std::uint64_t micro_usd) { return static_cast<double>(micro_usd) / 1e6; };
  const provider::Price& price = of_model.price;
  json told{{"model", of_model.model}, {"input", usd(price.input)}, {"output", usd(price.output)}};
  if (price.cached_input) told["cached_input"] = usd(*price.cached_input);
  return told;
}

json endpoint_json(const config::Endpoint& endpoint) {
  json keys = json::array();
  for (const config::Key& key : endpoint.keys) keys.push_back(key_config_json(key));
  return {{"name", endpoint.name},
          {"base_url", endpoint.base_url.text()},
          {"dialect", provider::to_string(endpoint.dialect)},
          {"keyless", endpoint.keyless},
          {"policy", policy_name(endpoint.policy)},
          {"affinity", affinity_text(endpoint.affinity)},
          {"cooldown_ms", endpoint.cooldown.count()},
          {"attempts", endpoint.attempts},
          {"max_wait_ms", endpoint.max_wait.count()},
          {"fallback", endpoint.fallback},
          {"keys", std::move(keys)}};
}

}  // namespace

json config_json(const config::Config& config) {
  json endpoints = json::array();
  for (const config::Endpoint& endpoint : config.endpoints) {
    endpoints.push_back(endpoint_json(endpoint));
  }
  json routes = json::array();
  for (const config::Route& route : config.routes) {
    routes.push_back({{"model", route.model}, {"endpoint", route.endpoint}});
  }
  json prices = json::array();
  for (const provider::ModelPrice& price : config.prices) prices.push_back(price_json(price));
  const config::Limits& limits = config.limits;
  return {{"file", config.file.string()},
          {"listen", config.listen.text()},
          {"admin_listen", config.admin.text()},
          {"threads", config.threads},
          {"limits",
           {{"head_bytes", limits.head_bytes},
            {"headers", limits.headers},
            {"body_bytes", limits.body_bytes},
            {"replay_bytes", limits.replay_bytes},
            {"head_time_ms", limits.head_time.count()},
            {"connect_time_ms", limits.connect_time.count()},
            {"first_byte_time_ms", limits.first_byte_time.count()},
            {"idle_time_ms", limits.idle_time.count()},
            {"grace_time_ms", limits.grace_time.count()},
            {"max_waiting", limits.max_waiting},
            {"max_waiting_bytes", limits.max_waiting_bytes},
            {"call_time_ms", limits.call_time.count()},
            {"body_rate", limits.body_rate},
            {"connections", limits.connections},
            {"connections_per_client", limits.connections_per_client}}},
          {"endpoints", std::move(endpoints)},
          {"routes", std::move(routes)},
          {"prices", std::move(prices)},
          {"state", config.state}};
}

}  // namespace keypool::admin
