#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>

#include "lab/simulation.h"

namespace keypool::lab {

/// How many keys a workload needs, and how it goes with that many.
struct KeyPlan {
  std::size_t keys = 0;
  Outcome outcome;
};

/// The fewest keys like `kind`, each an organization of its own, with which no call fails and 99 of
/// 100 wait no longer than `wanted_p99`. `base` says all but the keys. The error says why no number
/// of such keys would do.
[[nodiscard]] std::expected<KeyPlan, std::string> plan_keys(const Simulation& base, const Key& kind,
                                                            std::chrono::milliseconds wanted_p99);

}  // namespace keypool::lab
