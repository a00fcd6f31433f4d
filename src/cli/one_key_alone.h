#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "lab/scenario.h"

namespace keypool::cli {

/// How many of the calls that arrived at `arrivals` (in order, since the start) one key with
/// `limits` could have answered: each takes one request and `tokens` tokens out of buckets that
/// begin with their burst and refill by the minute's limit, and a call that does not fit is
/// refused.
[[nodiscard]] std::uint64_t answered_alone(const std::vector<std::chrono::nanoseconds>& arrivals,
                                           const lab::Limits& limits, double tokens);

/// Calls a second that the key's limits sustain, for calls of `tokens` tokens each.
[[nodiscard]] double sustained_rate(const lab::Limits& limits, double tokens);

/// The limits of `key` for `model`: those of the first pattern that is `*` or its name.
[[nodiscard]] lab::Limits limits_for(const lab::Key& key, std::string_view model);

}  // namespace keypool::cli
