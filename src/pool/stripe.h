#pragma once

#include <atomic>
#include <cstdint>

#include <keypool/clock.h>

#include "pool/board.h"
#include "pool/decay.h"
#include "pool/spin_lock.h"

namespace keypool::pool {

/// A lane that one thread has for itself for a while.
///
/// Cores that work on one endpoint at once would pass its cache lines to and fro with every call.
/// So where they get in each other's way, each claims the lane that is first in order, takes a few
/// dozen leases from that lane alone, and then the one that is first by then. A claimed lane is out
/// of its board's order; it and its key are guarded by the stripe's lock instead of the endpoint's.
/// Claims begin and end under both locks, the endpoint's first.
struct alignas(64) Stripe {
  SpinLock lock;
  Board* board = nullptr;
  std::uint32_t lane = 0;
  std::atomic<std::uint32_t> left{0};  ///< leases until the claim ends; others read it too
  std::int32_t in_flight = 0;          ///< what the board's number has to be changed by
  Key* key = nullptr;                  ///< null: nothing is claimed
  MonotonicTime until{};               ///< a claim not used up by then was not worth it
  Decay decay;

  explicit Stripe(const Decay& endpoints) : decay(endpoints) {}
};

}  // namespace keypool::pool
