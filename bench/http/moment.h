#pragma once

#include <chrono>

namespace keypool::bench {

/// The machine's monotonic clock: the same for every process, so that one can stamp what another
/// reads.
using Moment = std::chrono::steady_clock::time_point;
using std::chrono::nanoseconds;

[[nodiscard]] inline Moment now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace keypool::bench
