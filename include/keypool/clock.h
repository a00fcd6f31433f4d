#pragma once

#include <chrono>

namespace keypool {

/// A point on the monotonic clock: what every decision is made with.
using MonotonicTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// A point on the wall clock: only ever shown, stored, or used to find the end of a day.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Where time comes from. The pool asks no other clock, so a test that passes a clock of its own
/// decides what time it is.
///
/// Thread-safety: every member may be called from any thread at any time.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Never goes back. A resolution of a millisecond or better.
  [[nodiscard]] virtual MonotonicTime now() const noexcept = 0;

  /// A moment of the last 10 milliseconds, by the same clock, where that is cheaper to tell: for
  /// stamps and decaying sums. May go back against `now()`, never against itself.
  [[nodiscard]] virtual MonotonicTime recent() const noexcept { return now(); }

  /// May jump in either direction when somebody sets the machine's clock.
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
};

/// The machine's own clocks. Lives until the process ends.
[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace keypool
