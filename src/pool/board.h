#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pool/key.h"
#include "pool/rank_tree.h"

namespace keypool::pool {

/// What makes a lane rest.
enum class LaneFault : std::uint8_t { none, rate_limit, model_refused };

/// One quota group × one model: what a provider's rate limit applies to.
struct Lane {
  double charged = 0;       ///< tokens by forward decay, calls in flight with their estimate
  Key* only_key = nullptr;  ///< where its group has just one
  std::uint32_t in_flight = 0;
  std::uint32_t ramp = 0;  ///< calls allowed at a time after a rest; 0: any number
  LaneFault fault = LaneFault::none;
  Rest rest;
};

/// The lanes of one model, each at its group's number, and their order.
struct Board {
  std::string model;
  std::vector<Lane> lanes;
  RankTree ready;    ///< lanes that may be leased, the one to take first in front
  RankTree resting;  ///< lanes that will be ready by themselves, by when
  MonotonicTime next_opening = kNever;
  std::uint32_t ramping = 0;  ///< lanes with a ramp

  void set_ramp(Lane& lane, std::uint32_t calls) noexcept {
    ramping += static_cast<std::uint32_t>(calls != 0) - static_cast<std::uint32_t>(lane.ramp != 0);
    lane.ramp = calls;
  }

  void grow() {
    lanes.emplace_back();
    ready.grow();
    resting.grow();
  }
};

}  // namespace keypool::pool
