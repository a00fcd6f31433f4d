#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "admin/plan.h"
#include "config/config.h"
#include "http/answer.h"
#include "state/call_record.h"
#include "state/usage.h"

namespace keypool::admin {

/// How many took how long.
struct Distribution {
  std::vector<std::uint64_t> counts;  ///< in each bucket of Traffic::time_bounds, and beyond
  double seconds = 0;                 ///< all together
};

/// What the gateway counted of one endpoint's calls, as their clients saw them end.
struct EndpointTraffic {
  std::uint64_t answered = 0;  ///< with the provider's answer, whole, whatever its status
  std::uint64_t refused = 0;   ///< with an error of the gateway's own
  std::uint64_t broken = 0;    ///< with an answer that upstream did not finish
  std::uint64_t hung_up = 0;   ///< by the client
  std::uint64_t in_flight = 0;
  std::uint64_t retries = 0;  ///< tries beyond a call's first
  /// The same by how the try before ended.
  std::vector<std::pair<std::string_view, std::uint64_t>> retries_after = {};
  std::uint64_t fallbacks = 0;   ///< calls that went on to another endpoint
  Distribution lease_wait = {};  ///< from asking for a key to having it, or to giving up
  Distribution upstream = {};    ///< of a request that succeeded
  Distribution first_byte = {};  ///< from the call's coming to the first byte of an answer's body
};

/// What the gateway counted so far.
struct Traffic {
  std::vector<EndpointTraffic> endpoints;    ///< by place in Config::endpoints
  std::uint64_t connections = 0;             ///< of clients, open now
  std::uint64_t astray = 0;                  ///< calls refused before they had an endpoint
  std::span<const double> time_bounds = {};  ///< upper bounds of the buckets of times, in seconds
};

using UsageRows = std::expected<std::vector<state::UsageRow>, state::StoreError>;

/// What was used, by endpoint, key and model.
using UsedBySeries = std::map<std::tuple<std::string, std::string, std::string>, state::Figures>;

/// What the admin room tells about and acts on. Everything pointed to outlives it.
struct Subject {
  const config::Config& config;
  KeyPool& pool;
  const Clock& clock = system_clock();
  std::function<Traffic()> traffic;  ///< what the gateway counted until now
  /// What the ledger holds, calls that have just ended included.
  std::function<UsageRows(const state::UsageQuestion& question)> usage;
  /// What the metrics tell of usage: only ever grows.
  std::function<UsedBySeries()> used;
  /// The calls that ended last, of those that are asked for, the newest first.
  std::function<std::vector<state::CallRecord>(const state::CallQuestion& question)> calls;
  Planner plan;
  /// Reads the configuration anew; `then` is given the answer, on any thread.
  std::function<void(std::function<void(http::Answer answer)> then)> reload = {};
  std::function<bool()> stopping = {};  ///< the gateway takes no new calls; set by Admin
  /// Told one line for each command that was carried out: what, on which keys, with what effect.
  /// Set by Admin.
  std::function<void(std::string_view line)> audit = {};
};

}  // namespace keypool::admin
