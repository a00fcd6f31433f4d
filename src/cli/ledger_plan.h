#pragma once

#include <cstdint>
#include <vector>

#include <keypool/key_stats.h>

#include "admin/plan.h"
#include "config/config.h"
#include "state/usage.h"

namespace keypool::cli {

/// All that a plan is made from.
struct LedgerTraffic {
  const config::Endpoint& endpoint;
  std::vector<state::UsageRow> hours;  ///< of the endpoint, told apart by hour and model
  std::vector<KeyStats> keys;
  std::vector<LaneStats> lanes;
};

/// What the pool's own code, run over the ledger's traffic against the limits that are known of
/// the endpoint's lanes, says about more and fewer keys. The busiest hours are looked at, and of
/// those as many calls as take some seconds to simulate.
[[nodiscard]] admin::PlanOutcome plan_from_ledger(const LedgerTraffic& traffic,
                                                  const admin::PlanQuestion& question);

}  // namespace keypool::cli
