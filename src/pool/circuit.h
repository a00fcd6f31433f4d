#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <keypool/clock.h>

#include "pool/key.h"

namespace keypool::pool {

/// Whether an endpoint answers at all. Opens after several failures in a row, or when most calls of
/// late failed; then one call at a time probes, after rests that double. One failure changes
/// nothing.
class Circuit {
 public:
  /// Nothing has failed of late: the state of nearly every circuit, told with one load.
  [[nodiscard]] bool calm() const noexcept { return calm_; }

  /// Whether a call may go out now.
  [[nodiscard]] bool lets_through(MonotonicTime now) const noexcept {
    return !open_ || (now >= until_ && !probing_);
  }

  /// When it may, if it may not now.
  [[nodiscard]] MonotonicTime until() const noexcept { return until_; }
  [[nodiscard]] bool open() const noexcept { return open_; }

  void leased(MonotonicTime now) noexcept {
    if (!open_) return;
    probing_ = true;
    probed_at_ = now;
  }

  void failed(MonotonicTime leased_at, MonotonicTime now) noexcept {
    if (open_) {
      if (leased_at >= probed_at_) trip(now);
      return;
    }
    calm_ = false;
    ++failures_in_a_row_;
    ++calls_;
    trouble_ += kStep * (1.0 - trouble_);
    if (failures_in_a_row_ >= kMostInARow || (calls_ >= kFewestCalls && trouble_ > 0.5)) trip(now);
  }

  void succeeded(MonotonicTime leased_at) noexcept {
    if (open_ && leased_at < probed_at_) return;
    if (open_) {
      *this = {};
      return;
    }
    failures_in_a_row_ = 0;
    ++calls_;
    trouble_ -= kStep * trouble_;
    if (trouble_ < kForgotten) *this = {};
  }

  /// The probe ended without telling anything.
  void undecided(MonotonicTime leased_at) noexcept {
    if (open_ && leased_at >= probed_at_) probing_ = false;
  }

  /// Opens it whatever was counted.
  void trip(MonotonicTime now) noexcept {
    calm_ = false;
    open_ = true;
    probing_ = false;
    probed_at_ = kNever;
    until_ = now + std::min(kFirstRest * (1 << std::min<int>(trips_, 8)), kLongestRest);
    if (trips_ < 255) ++trips_;
  }

 private:
  static constexpr std::uint32_t kMostInARow = 5;
  static constexpr std::uint32_t kFewestCalls = 20;
  static constexpr double kStep = 0.1;        ///< what one call moves the share of failures
  static constexpr double kForgotten = 0.01;  ///< a share that is none
  static constexpr std::chrono::milliseconds kFirstRest{1000};
  static constexpr std::chrono::milliseconds kLongestRest{30'000};

  bool calm_ = true;
  std::uint32_t failures_in_a_row_ = 0;
  std::uint32_t calls_ = 0;
  double trouble_ = 0;  ///< share of failures of late
  bool open_ = false;
  bool probing_ = false;
  std::uint8_t trips_ = 0;  ///< in a row
  MonotonicTime until_ = kLongAgo;
  MonotonicTime probed_at_ = kNever;
};

}  // namespace keypool::pool
