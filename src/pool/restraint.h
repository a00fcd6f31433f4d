#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <keypool/clock.h>

#include "pool/key.h"

namespace keypool::pool {

/// What a lane keeps to because refusals asked for it, besides its limits: fewer calls at a time,
/// or a slower pace. Both are guesses that age, so that what has changed is found again.
class Restraint {
 public:
  /// Whether the refused call was leased after the last such refusal was known. Those that were
  /// under way then tell nothing new.
  [[nodiscard]] bool is_news(MonotonicTime leased_at) const noexcept {
    return leased_at > refused_at_;
  }

  /// Too many calls were under way, `others` besides the refused one.
  void too_many_at_once(std::uint32_t others, MonotonicTime now) noexcept {
    refused_at_ = now;
    raised_at_ = now;
    const std::uint32_t one_less = at_once_ > 0 ? at_once_ - 1 : others;
    at_once_ = std::max(1u, std::min(others, one_less));
  }

  /// Half the pace there was: `lately`, in calls a minute, or the one that was kept to already.
  void slow_down(double lately, MonotonicTime now) noexcept {
    refused_at_ = now;
    const double before = per_minute_ > 0 ? std::min(per_minute_, lately) : lately;
    per_minute_ = std::max(before / 2, kSlowest);
    paced_until_ = now + kPacedFor;
  }

  /// A call begins.
  void leased(MonotonicTime now) noexcept {
    if (per_minute_ <= 0) return;
    const std::chrono::nanoseconds gap(static_cast<std::int64_t>(6e10 / per_minute_));
    next_at_ = std::max(next_at_, now) + gap;
  }

  /// A call went well that had `others` beside it. At the bound, once in a while, one more is tried
  /// from then on.
  void went_well(std::uint32_t others, MonotonicTime now) noexcept {
    if (at_once_ == 0 || others + 1 < at_once_ || now - raised_at_ < kRaisedAfter) return;
    ++at_once_;
    raised_at_ = now;
  }

  /// What has been kept to for long enough ends.
  void age(MonotonicTime now) noexcept {
    if (at_once_ > 0 && now - refused_at_ >= kForgottenAfter) at_once_ = 0;
    if (per_minute_ > 0 && now >= paced_until_) per_minute_ = 0;
  }

  [[nodiscard]] bool active() const noexcept { return at_once_ > 0 || per_minute_ > 0; }
  [[nodiscard]] bool is_full(std::uint32_t in_flight) const noexcept {
    return at_once_ > 0 && in_flight >= at_once_;
  }
  /// When the pace lets the next call begin.
  [[nodiscard]] MonotonicTime open_at() const noexcept {
    return per_minute_ > 0 ? next_at_ : kLongAgo;
  }

  [[nodiscard]] std::uint32_t at_once() const noexcept { return at_once_; }  ///< 0: any number
  [[nodiscard]] double per_minute() const noexcept { return per_minute_; }   ///< 0: any pace
  [[nodiscard]] MonotonicTime at_once_until() const noexcept {
    return refused_at_ + kForgottenAfter;
  }
  [[nodiscard]] MonotonicTime paced_until() const noexcept { return paced_until_; }

 private:
  /// OpenAI asks for the earlier rate for at least 15 minutes ("slow down"; its guide to error
  /// codes, read 2026-11).
  static constexpr std::chrono::minutes kPacedFor{15};
  static constexpr double kSlowest = 6;  ///< calls a minute
  static constexpr std::chrono::minutes kRaisedAfter{1};
  static constexpr std::chrono::minutes kForgottenAfter{30};

  MonotonicTime refused_at_ = kLongAgo;
  MonotonicTime raised_at_ = kLongAgo;
  MonotonicTime paced_until_ = kLongAgo;
  MonotonicTime next_at_ = kLongAgo;
  double per_minute_ = 0;
  std::uint32_t at_once_ = 0;
};

}  // namespace keypool::pool
