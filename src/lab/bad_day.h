#pragma once

#include <array>
#include <string_view>

#include "lab/simulation.h"

namespace keypool::lab {

/// What may go wrong with limits, or with what is known of them.
enum class BadDay {
  none,
  limit_halved,    ///< at mid-run, of the smallest key that has more than the average
  estimates_high,  ///< questions are taken for three times their size
  estimates_low,   ///< … for a third of it
  groups_untold,   ///< a third as many organizations as keys, and nobody says which share one
};

inline constexpr std::array kBadDays{BadDay::none, BadDay::limit_halved, BadDay::estimates_high,
                                     BadDay::estimates_low, BadDay::groups_untold};

[[nodiscard]] std::string_view to_string(BadDay day) noexcept;

/// The same simulation on such a day.
[[nodiscard]] Simulation on(BadDay day, Simulation simulation);

}  // namespace keypool::lab
