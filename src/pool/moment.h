#pragma once

#include <chrono>
#include <cstdint>

#include <keypool/clock.h>

#include "pool/rank_tree.h"

namespace keypool::pool {

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
