#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "config/config.h"
#include "state/usage.h"

namespace keypool::admin {

/// What the gateway counted of one endpoint's calls, as their clients saw them end.
struct EndpointTraffic {
  std::uint64_t answered = 0;  ///< with the provider's answer, whole, whatever its status
  std::uint64_t refused = 0;   ///< with an error of the gateway's own
  std::uint64_t broken = 0;    ///< with an answer that upstream did not finish
  std::uint64_t hung_up = 0;   ///< by the client
  std::uint64_t in_flight = 0;
  std::uint64_t retries = 0;    ///< tries beyond a call's first
  std::uint64_t fallbacks = 0;  ///< calls that went on to another endpoint
};

/// What the gateway counted so far.
struct Traffic {
  std::vector<EndpointTraffic> endpoints;  ///< by place in Config::endpoints
  std::uint64_t connections = 0;           ///< of clients, open now
  std::uint64_t astray = 0;                ///< calls refused before they had an endpoint
};

using UsageRows = std::expected<std::vector<state::UsageRow>, state::StoreError>;

/// What the admin room tells about and acts on. Everything pointed to outlives it.
struct Subject {
  const config::Config& config;
  KeyPool& pool;
  const Clock& clock = system_clock();
  std::function<Traffic()> traffic;  ///< what the gateway counted until now
  /// What the ledger holds, calls that have just ended included.
  std::function<UsageRows(const state::UsageQuestion& question)> usage;
  std::function<bool()> stopping = {};  ///< the gateway takes no new calls; set by Admin
  /// Told one line for each command that was carried out: what, on which keys, with what effect.
  /// Set by Admin.
  std::function<void(std::string_view line)> audit = {};
};

}  // namespace keypool::admin
