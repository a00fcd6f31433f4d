#pragma once

#include <chrono>
#include <cmath>

#include <keypool/clock.h>

namespace keypool::pool {

/// Forward decay: what a token weighs in sums that forget with a time constant.
///
/// Instead of shrinking old charges as time passes, later charges weigh more: a token charged at
/// `t` adds exp((t - base) / window). Dividing a sum by the weight of now gives what is left of it.
/// So the order of two sums never changes with time, and nothing needs refreshing until the weights
/// grow out of proportion, when the owner multiplies all its sums by `rebase()`.
class Decay {
 public:
  Decay(std::chrono::milliseconds window, MonotonicTime base) noexcept
      : per_nanosecond_(1.0 / (static_cast<double>(window.count()) * 1e6)),
        base_(base),
        rebase_at_(base + window * kLargestExponent),
        at_(base),
        window_(window) {}

  /// The weight of a charge made now. Remembers the last answer: many calls fall into one tick.
  [[nodiscard]] double weight(MonotonicTime now) noexcept {
    if (now != at_) {
      weight_ = exact_weight(now);
      at_ = now;
    }
    return weight_;
  }

  /// The weight of a charge made at an earlier time.
  [[nodiscard]] double past_weight(MonotonicTime then) const noexcept {
    return then == at_ ? weight_ : exact_weight(then);
  }

  /// A sum at a steady pace, as that of a minute.
  [[nodiscard]] double per_minute() const noexcept { return 6e10 * per_nanosecond_; }

  /// From when on the weights are large enough for a rebase.
  [[nodiscard]] MonotonicTime rebase_at() const noexcept { return rebase_at_; }

  /// Makes `now` the new base. Returns what sums made so far have to be multiplied by.
  [[nodiscard]] double rebase(MonotonicTime now) noexcept {
    const double factor = 1.0 / exact_weight(now);
    base_ = now;
    rebase_at_ = now + window_ * kLargestExponent;
    at_ = now;
    weight_ = 1.0;
    return factor;
  }

 private:
  // exp(200) is 7e86: far from overflow even with absurd token counts in the sums.
  static constexpr int kLargestExponent = 200;

  [[nodiscard]] double exact_weight(MonotonicTime at) const noexcept {
    return std::exp(static_cast<double>((at - base_).count()) * per_nanosecond_);
  }

  double per_nanosecond_;
  MonotonicTime base_;
  MonotonicTime rebase_at_;
  MonotonicTime at_;  ///< when weight_ was computed for
  double weight_ = 1.0;
  std::chrono::milliseconds window_;
};

}  // namespace keypool::pool
