#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/answer.h"

namespace keypool::admin {

/// How many keys does the traffic need that the ledger holds?
struct PlanQuestion {
  std::string endpoint;
  std::string model;                    ///< empty: the one with the most calls
  std::chrono::milliseconds wait{500};  ///< what 99 of 100 calls may wait
  std::chrono::hours back{24};          ///< how much of the ledger is looked at
};

struct Plan {
  struct Point {
    std::size_t keys = 0;
    std::chrono::milliseconds p99_wait{0};
    double failed_share = 0;
    double rate_limited_per_1000 = 0;
  };

  std::string endpoint;
  std::string model;
  std::chrono::milliseconds wait{0};  ///< as asked
  Point now;                          ///< with the keys there are
  std::size_t keys_needed = 0;
  std::vector<Point> curve;              ///< all that were simulated, the fewest keys first
  std::vector<std::string> assumptions;  ///< what was taken for granted, a sentence each
};

/// Why there is no plan.
struct NoPlan {
  int status = 422;
  std::string_view code = {};
  std::string message = {};
};

using PlanOutcome = std::expected<Plan, NoPlan>;

/// Makes a plan elsewhere and tells it once, from another thread. False, and nothing will be told:
/// one is being made already.
using Planner = std::function<bool(const PlanQuestion& question,
                                   std::function<void(PlanOutcome outcome)> then)>;

/// Reads `endpoint=…&model=…&wait_ms=…&hours=…`. Else a sentence that names the parameter and what
/// it takes.
[[nodiscard]] std::expected<PlanQuestion, std::string> read_plan_question(std::string_view query);

[[nodiscard]] http::Answer plan_answer(const PlanOutcome& outcome);

}  // namespace keypool::admin
