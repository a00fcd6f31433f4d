#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "lab/comparison.h"
#include "lab/key_plan.h"
#include "lab/simulation.h"

namespace keypool::cli {

/// What is simulated, in a line or two: calls, pace, keys.
[[nodiscard]] std::string workload_text(const lab::Simulation& simulation);

/// An outcome a line: served, failed, waited, refused.
[[nodiscard]] std::string outcome_table(const std::vector<lab::Outcome>& outcomes,
                                        const Terminal& terminal);

/// What was known a line, a kind of day a column, and what the cells mean.
[[nodiscard]] std::string comparison_table(const lab::Comparison& comparison,
                                           const Terminal& terminal);

/// How many keys it takes, and how it went with other numbers of them.
[[nodiscard]] std::string plan_text(const lab::KeyPlan& plan, const lab::Key& kind,
                                    std::chrono::milliseconds wanted_p99, const Terminal& terminal);

/// `1,200 requests/min, 60,000 tokens/min`; empty without limits.
[[nodiscard]] std::string limits_text(const lab::Limits& limits);
/// Those of each model, or `none`.
[[nodiscard]] std::string limits_text(const lab::ModelLimits& limits);

}  // namespace keypool::cli
