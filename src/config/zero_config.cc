#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "config/address.h"
#include "config/load.h"
#include "provider/known.h"

namespace keypool::config {
namespace {

/// The endpoint of this provider, which a variable before may have made already.
Endpoint& endpoint_for(const provider::KnownProvider& known, Config& config) {
  const auto found = std::ranges::find(config.endpoints, known.endpoint, &Endpoint::name);
  if (found != config.endpoints.end()) return *found;
  Endpoint& endpoint = config.endpoints.emplace_back();
  endpoint.name = known.endpoint;
  endpoint.base_url = parse_base_url(known.base_url).value();
  endpoint.dialect = known.dialect;
  return endpoint;
}

}  // namespace

ZeroConfig zero_config(
    const SecretSource& secrets,
    const std::function<bool(const std::string& host, std::uint16_t port)>& answers) {
  ZeroConfig result;
  for (const provider::KnownProvider& known : provider::known_providers()) {
    if (known.variable.empty()) {
      const auto url = parse_base_url(known.base_url).value();
      if (answers(url.host, url.port)) {
        endpoint_for(known, result.config).keyless = true;
      } else {
        result.looked_at.push_back(
            fmt::format("{} on {}:{}: no answer", known.endpoint, url.host, url.port));
      }
    } else if (secrets.resolve(known.variable)) {
      endpoint_for(known, result.config)
          .keys.push_back({.name = std::string(known.variable),
                           .command = {},
                           .options = {},
                           .disabled = false,
                           .place = {}});
    } else {
      const auto places = secrets.places(known.variable);
      result.looked_at.insert(result.looked_at.end(), places.begin(), places.end());
    }
  }
  return result;
}

}  // namespace keypool::config
