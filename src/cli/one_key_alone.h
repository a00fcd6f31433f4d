#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lab/quota.h"
#include "lab/scenario.h"

namespace keypool::cli {

/// How many of the calls for `model` that arrived at `arrivals` (in order, since the start) the
/// simulated provider would have answered `key` alone, each costing `charge`, had it refused the
/// others.
[[nodiscard]] std::uint64_t answered_alone(const std::vector<std::chrono::nanoseconds>& arrivals,
                                           const lab::Key& key, std::string_view model,
                                           const lab::Charge& charge);

/// Calls a second that the key's limits sustain; infinite without any.
[[nodiscard]] double sustained_rate(const lab::Key& key, std::string_view model,
                                    const lab::Charge& charge);

}  // namespace keypool::cli
