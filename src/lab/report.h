#pragma once

#include <string>
#include <vector>

#include "lab/comparison.h"
#include "lab/key_plan.h"
#include "lab/simulation.h"

namespace keypool::lab {

/// Everything, for programs.
[[nodiscard]] std::string to_json(const std::vector<Outcome>& outcomes);
[[nodiscard]] std::string to_json(const Comparison& comparison);
[[nodiscard]] std::string to_json(const KeyPlan& plan);

/// A picture of its own: what was offered over time, and for each outcome how long calls waited and
/// when they were refused or failed.
[[nodiscard]] std::string to_svg(const std::vector<Outcome>& outcomes);

}  // namespace keypool::lab
