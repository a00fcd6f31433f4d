#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "state/usage.h"

namespace keypool::cli {

/// One line a row, and a last one with the sum.
[[nodiscard]] std::string usage_table(const std::vector<state::By>& by,
                                      const std::vector<state::UsageRow>& rows,
                                      const Terminal& terminal);

/// One object a row, as the admin API tells it. Stable: programs read it.
[[nodiscard]] std::string usage_json(const std::vector<state::By>& by,
                                     const std::vector<state::UsageRow>& rows);

/// One character a value, as high as it is relative to the largest: `▁▂█`.
[[nodiscard]] std::string sparkline(const std::vector<std::uint64_t>& values);

/// `$12.34`; four digits behind the point below a cent's worth.
[[nodiscard]] std::string usd(std::uint64_t micro_usd);

}  // namespace keypool::cli
