#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lab/scenario.h"
#include "lab/trace.h"

namespace keypool::bench {

/// What a client saw of a trace.
struct Replayed {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;                     ///< answered otherwise than 200, or not at all
  std::uint64_t refused = 0;                    ///< 429s that the provider gave
  std::vector<std::chrono::nanoseconds> waits;  ///< of the others, how much longer they took than
                                                ///< their answers do
};

/// The calls of `trace`, each at its time, through a gateway to the simulated provider: real
/// sockets, real clocks, one process. Takes as long as the trace, and the last answers.
[[nodiscard]] Replayed replay(const lab::Scenario& scenario, const lab::Trace& trace,
                              std::chrono::milliseconds max_wait);

/// The `length` of the trace in which most calls come, counted from its first.
[[nodiscard]] lab::Trace busiest(const lab::Trace& trace, std::chrono::nanoseconds length);

}  // namespace keypool::bench
