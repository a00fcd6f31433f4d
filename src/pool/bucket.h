#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include <keypool/clock.h>
#include <keypool/limits.h>

namespace keypool::pool {

/// One limit of a lane: a bucket that holds `limit` and refills steadily within `period`.
///
/// Kept as the one moment at which it will be full again: what is used pushes the moment on, and
/// time needs no bookkeeping. How far the moment lies ahead, in periods, is the share of the limit
/// that is used; so among buckets of one period the one with the most room relative to its limit is
/// the one that is full first, whatever their limits, and that order changes only when one is used.
class Bucket {
 public:
  explicit Bucket(std::chrono::nanoseconds period = std::chrono::minutes(1)) noexcept
      : period_(period) {}

  [[nodiscard]] bool known() const noexcept { return limit_ > 0; }
  [[nodiscard]] double limit() const noexcept { return limit_; }
  [[nodiscard]] MonotonicTime full_at() const noexcept { return full_at_; }

  /// As `full_at`, what is overdrawn left aside.
  [[nodiscard]] MonotonicTime full_at_latest(MonotonicTime now) const noexcept {
    return std::min(full_at_, now + period_);
  }

  /// What may still be used now; below 0 when more was used than there was.
  [[nodiscard]] double left(MonotonicTime now) const noexcept {
    return limit_ * (1.0 - periods(full_at_ - now));
  }

  /// When `amount` may be used; more than the limit may be once the bucket is full.
  [[nodiscard]] MonotonicTime open_at(double amount) const noexcept {
    return full_at_ - period_ + time_for(std::min(amount, limit_));
  }

  /// What comes back within `time`.
  [[nodiscard]] double refill(std::chrono::nanoseconds time) const noexcept {
    return limit_ * periods(time);
  }

  void take(double amount, MonotonicTime now) noexcept {
    full_at_ = std::max(full_at_, now) + time_for(amount);
  }

  void give_back(double amount) noexcept { full_at_ -= time_for(amount); }

  void set_left(double left, MonotonicTime now) noexcept {
    full_at_ = now + time_for(limit_ - std::min(left, limit_));
  }

  /// What is used now comes back by then; no more is used than there is.
  void set_full_at(MonotonicTime full_at, MonotonicTime now) noexcept {
    full_at_ = std::clamp(full_at, now, now + period_);
  }

  /// Another limit; what is used stays used.
  void set_limit(double limit, MonotonicTime now) noexcept {
    const double used = known() ? limit_ - std::min(left(now), limit_) : 0;
    limit_ = limit;
    full_at_ = now + time_for(used);
  }

 private:
  /// Nothing is overdrawn by more than this many periods.
  static constexpr double kMostPeriods = 8;

  [[nodiscard]] double periods(std::chrono::nanoseconds time) const noexcept {
    return std::max(0.0, static_cast<double>(time.count()) / static_cast<double>(period_.count()));
  }

  [[nodiscard]] std::chrono::nanoseconds time_for(double amount) const noexcept {
    if (amount <= 0 || limit_ <= 0) return std::chrono::nanoseconds(0);
    const double share = std::min(amount / limit_, kMostPeriods);
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(std::ceil(share * static_cast<double>(period_.count()))));
  }

  std::chrono::nanoseconds period_;
  double limit_ = 0;
  MonotonicTime full_at_{};
};

}  // namespace keypool::pool
