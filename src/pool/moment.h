#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <keypool/clock.h>

#include "pool/rank_tree.h"
#include "pool/saturate.h"

namespace keypool::pool {

/// One moment on both clocks.
struct Moment {
  MonotonicTime now;
  WallTime wall;

  [[nodiscard]] static Moment of(const Clock& clock) noexcept {
    return {clock.now(), clock.wall()};
  }

  [[nodiscard]] WallTime wall_of(MonotonicTime time) const noexcept {
    return wall + std::chrono::floor<std::chrono::milliseconds>(time - now);
  }

  /// A time that another run has told, no further away than such times are believed.
  [[nodiscard]] WallTime believable(WallTime told) const noexcept {
    return std::clamp<WallTime>(told, wall - kLongestTime, wall + kLongestTime);
  }
  [[nodiscard]] MonotonicTime time_of(WallTime told) const noexcept {
    return now + (believable(told) - wall);
  }
};

[[nodiscard]] inline RankTree::Rank rank_at(MonotonicTime time) noexcept {
  return static_cast<RankTree::Rank>(time.time_since_epoch().count());
}

/// Ranks do not tell eight nanoseconds apart: a time rounded up is never passed too early.
[[nodiscard]] inline MonotonicTime round_up(MonotonicTime time) noexcept {
  return MonotonicTime{
      std::chrono::nanoseconds{(time.time_since_epoch().count() + 7) & ~std::int64_t{7}}};
}

[[nodiscard]] inline MonotonicTime end_after(MonotonicTime now,
                                             std::chrono::nanoseconds time) noexcept {
  return round_up(now + time);
}

}  // namespace keypool::pool
