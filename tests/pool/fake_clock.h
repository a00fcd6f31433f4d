#pragma once

#include <atomic>
#include <chrono>

#include <keypool/clock.h>

namespace keypool {

/// A clock that stands still until it is told to move.
///
/// Thread-safety: as every Clock.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime now() const noexcept override {
    return MonotonicTime{std::chrono::nanoseconds{now_.load()}};
  }

  [[nodiscard]] WallTime wall() const noexcept override {
    return WallTime{std::chrono::milliseconds{wall_.load()}};
  }

  /// Both clocks move on together.
  void advance(std::chrono::milliseconds time) noexcept {
    now_ += std::chrono::nanoseconds(time).count();
    wall_ += time.count();
  }

  /// Somebody sets the machine's clock, forward or back.
  void step_wall(std::chrono::milliseconds by) noexcept { wall_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{std::chrono::nanoseconds{std::chrono::hours{1}}.count()};
  std::atomic<std::int64_t> wall_{1'700'000'000'000};  ///< 14 November 2023, 22:13:20 UTC
};

}  // namespace keypool
