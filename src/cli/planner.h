#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include <keypool/key_pool.h>

#include "admin/plan.h"
#include "cli/kept_state.h"
#include "config/config.h"

namespace keypool::cli {

/// Makes plans from the ledger, one at a time, on a thread of its own.
///
/// Thread-safety: `make` from one thread, which alone changes the configuration. Lifetime: all that
/// it is made from outlives it; the destructor waits for a plan that is being made.
class Planner {
 public:
  Planner(const config::Config& config, const KeyPool& pool, KeptState& kept)
      : config_(config), pool_(pool), kept_(kept) {}
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;
  ~Planner();

  /// As admin::Planner.
  bool make(const admin::PlanQuestion& question, std::function<void(admin::PlanOutcome)> then);

 private:
  [[nodiscard]] admin::PlanOutcome plan(const admin::PlanQuestion& question,
                                        const std::optional<config::Endpoint>& endpoint) const;

  const config::Config& config_;
  const KeyPool& pool_;
  KeptState& kept_;
  std::atomic<bool> busy_{false};
  std::thread thread_;
};

}  // namespace keypool::cli
