#pragma once

#include <string>
#include <vector>

#include "lab/simulation.h"

namespace keypool::lab {

/// One line an outcome: served, failed, waits, 429s.
[[nodiscard]] std::string to_table(const std::vector<Outcome>& outcomes);

/// Everything, for programs.
[[nodiscard]] std::string to_json(const std::vector<Outcome>& outcomes);

/// A picture of its own: what was offered over time, and for each outcome how long calls waited and
/// when they were refused or failed.
[[nodiscard]] std::string to_svg(const std::vector<Outcome>& outcomes);

}  // namespace keypool::lab
