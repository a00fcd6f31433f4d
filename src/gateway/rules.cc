#include "gateway/rules.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace keypool::gateway {
namespace {

std::vector<std::vector<std::size_t>> places_of_fallbacks(const config::Config& config) {
  std::vector<std::vector<std::size_t>> all;
  for (const auto& endpoint : config.endpoints) {
    auto& places = all.emplace_back();
    for (const auto& name : endpoint.fallback) {
      const auto other = std::ranges::find(config.endpoints, name, &config::Endpoint::name);
      if (other == config.endpoints.end()) throw std::invalid_argument("no endpoint " + name);
      places.push_back(static_cast<std::size_t>(other - config.endpoints.begin()));
    }
  }
  return all;
}

std::vector<EndpointCounters*> counters_of(const config::Config& config, Counters& counters) {
  std::vector<EndpointCounters*> all;
  for (const auto& endpoint : config.endpoints) all.push_back(&counters.of(endpoint.name));
  return all;
}

}  // namespace

Rules::Rules(const config::Config& settings, Counters& all,
             std::vector<std::shared_ptr<const TlsClient>> clients)
    : config(settings),
      fallbacks(places_of_fallbacks(config)),
      counters(counters_of(config, all)),
      tls(std::move(clients)) {}

}  // namespace keypool::gateway
