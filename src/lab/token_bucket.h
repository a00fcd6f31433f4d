#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

namespace keypool::lab {

/// Time of a provider's own, since its start.
using WorldTime = std::chrono::nanoseconds;

/// A limit as providers keep it: a bucket that refills steadily up to its capacity. Begins full.
/// May be overdrawn by costs that are known only afterwards; then it has to refill above zero
/// first.
class TokenBucket {
 public:
  TokenBucket(double capacity, double per_second, WorldTime now) noexcept
      : capacity_(capacity), per_second_(per_second), level_(capacity), at_(now) {}

  [[nodiscard]] double capacity() const noexcept { return capacity_; }

  [[nodiscard]] double level(WorldTime now) const noexcept {
    return std::min(capacity_, level_ + per_second_ * seconds(now - at_));
  }

  [[nodiscard]] bool holds(WorldTime now, double amount) const noexcept {
    return level(now) + kRounding >= amount;
  }

  /// Whether it could ever hold that much.
  [[nodiscard]] bool fits(double amount) const noexcept { return amount <= capacity_ + kRounding; }

  void take(WorldTime now, double amount) noexcept {
    level_ = level(now) - amount;
    at_ = std::max(at_, now);
  }

  /// Puts back what was taken too much.
  void give(WorldTime now, double amount) noexcept { take(now, -amount); }

  /// How long until it holds `amount`; until it is full, when it never will.
  [[nodiscard]] WorldTime until(WorldTime now, double amount) const noexcept {
    const double missing = std::min(amount, capacity_) - level(now);
    if (missing <= kRounding) return WorldTime{0};
    return WorldTime{static_cast<WorldTime::rep>(std::ceil(missing / per_second_ * 1e9))};
  }

  /// Another size and speed, from now on. What is spent stays spent.
  void resize(WorldTime now, double capacity, double per_second) noexcept {
    level_ = std::min(level(now), capacity);
    at_ = std::max(at_, now);
    capacity_ = capacity;
    per_second_ = per_second;
  }

 private:
  /// What a long sum of floating-point refills may be short of.
  static constexpr double kRounding = 1e-6;

  static double seconds(WorldTime time) noexcept {
    return std::max(0.0, std::chrono::duration<double>(time).count());
  }

  double capacity_;
  double per_second_;
  double level_;
  WorldTime at_;
};

}  // namespace keypool::lab
