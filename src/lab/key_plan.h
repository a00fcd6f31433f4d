#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "lab/simulation.h"

namespace keypool::lab {

/// How many keys a workload needs, and how it goes with that many.
struct KeyPlan {
  struct Try {
    std::size_t keys = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0;  ///< answers 429
    std::chrono::milliseconds wait_p99{0};
  };

  std::size_t keys = 0;
  Outcome outcome;
  std::vector<Try> tries;  ///< all that were simulated, the fewest keys first
};

/// The fewest keys like `kind`, each an organization of its own, with which no call fails and 99 of
/// 100 wait no longer than `wanted_p99`. `base` says all but the keys. `on_try` is told how many
/// keys are simulated next. The error says why no number of such keys would do.
[[nodiscard]] std::expected<KeyPlan, std::string> plan_keys(
    const Simulation& base, const Key& kind, std::chrono::milliseconds wanted_p99,
    const std::function<void(std::size_t keys)>& on_try = nullptr);

}  // namespace keypool::lab
