#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <keypool/standing.h>

#include "pool/affinity.h"
#include "pool/circuit.h"
#include "pool/estimates.h"
#include "pool/key.h"
#include "pool/lane_limits.h"
#include "pool/rank_tree.h"
#include "pool/restraint.h"
#include "pool/saturate.h"

namespace keypool::pool {

/// What only lanes have that were throttled, or that take turns.
struct LaneExtras {
  Rest rest;
  Restraint restraint;
  double turn = 0;  ///< of the last call
};

/// One quota group × one model: what a provider's rate limit applies to. One cache line.
struct alignas(64) Lane {
  // Charges, here and in tickets, are tokens divided by the weight.
  double charged = 0;       ///< by forward decay, calls in flight with their estimate
  double next_charge = 0;   ///< of a call on a plain lane that comes without an estimate
  double calls = 0;         ///< by forward decay
  Key* only_key = nullptr;  ///< where its group has just one
  std::unique_ptr<LaneLimits> limits;
  Rare<LaneExtras> extras;
  std::uint32_t in_flight = 0;
  float inverse_weight = 1;
  std::uint8_t tier = 0;
  std::uint8_t ramp = 0;  ///< calls allowed at a time after a rest; 0: any number
  LaneFault fault = LaneFault::none;
  bool plain = false;  ///< ordered by load, one key, nothing to look at when a call ends

  /// The tier decides before everything else.
  [[nodiscard]] RankTree::Rank in_tier(RankTree::Rank within) const noexcept {
    return RankTree::Rank{tier} << 56 | within >> 7;
  }

  [[nodiscard]] double charge_of(std::uint64_t input, std::uint64_t output) const noexcept {
    return charge(input, output) * inverse_weight;
  }

  /// Whether known limits say what it may do after a rest.
  [[nodiscard]] bool is_paced() const noexcept {
    return fault == LaneFault::rate_limit && limits != nullptr && limits->known();
  }

  /// Loads are never negative, so that their bits are in their order.
  [[nodiscard]] RankTree::Rank rank_by_load(RankTree::Rank told_apart) const noexcept {
    return in_tier(std::bit_cast<RankTree::Rank>(charged) & told_apart);
  }
};
static_assert(sizeof(Lane) == 64);

/// How many keys, and lanes of a model, stand inside their endpoint: the more, the more memory an
/// endpoint takes that has fewer.
inline constexpr std::size_t kFew = 4;

/// A board's lanes by their number. The first few stand inside, where a call need not ask for their
/// address before it can fetch them.
class Lanes {
 public:
  Lanes() noexcept = default;
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  [[nodiscard]] Lane& operator[](std::size_t number) noexcept { return first_[number]; }
  [[nodiscard]] const Lane& operator[](std::size_t number) const noexcept { return first_[number]; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Lane* begin() noexcept { return first_; }
  [[nodiscard]] Lane* end() noexcept { return first_ + size_; }

  void grow() {
    if (size_ >= kFew) {
      if (size_ == kFew) more_.assign(std::move_iterator(begin()), std::move_iterator(end()));
      more_.emplace_back();
      first_ = more_.data();
    }
    ++size_;
  }

 private:
  Lane* first_ = few_.data();
  std::uint32_t size_ = 0;
  std::vector<Lane> more_;  ///< all of them, where they are more than a few
  std::array<Lane, kFew> few_;
};

/// The lanes of one model, each at its group's number, and their order.
struct alignas(64) Board {
  // What every call touches, together.
  RankTree ready;  ///< lanes that may be leased, the one to take first in front
  MonotonicTime exact_from =
      kNever;  ///< when a recent time will not do, a little before an opening
  RankTree::Rank told_apart = ~RankTree::Rank{0};  ///< bits of a load that decide
  std::uint32_t in_flight = 0;
  std::uint32_t number = 0;  ///< in order of first use
  Circuit circuit;
  std::string model;
  Lanes lanes;

  RankTree resting;  ///< lanes that will be ready by themselves, by when
  RankTree probes;   ///< lanes whose limits are a guess, by when a call may test it
  MonotonicTime next_opening = kNever;
  std::uint32_t ramping = 0;  ///< lanes with a ramp
  bool limited = false;       ///< whether a limit of any lane is known
  double turn = 0;
  Estimates estimates;
  Affinity affinity;

  /// Among very many keys, loads less than an eighth apart are equal, and equal ones are taken in
  /// order of registration: memory is walked forwards then, instead of jumped about in.
  static constexpr std::size_t kVeryMany = 1024;
  static constexpr RankTree::Rank kCoarse = ~((RankTree::Rank{1} << 49) - 1);

  void grow() {
    if (lanes.size() == kVeryMany) told_apart = kCoarse;
    lanes.grow();
    ready.grow();
    resting.grow();
    probes.grow();
  }

  void set_ramp(Lane& lane, unsigned calls) noexcept {
    ramping += static_cast<std::uint32_t>(calls != 0) - static_cast<std::uint32_t>(lane.ramp != 0);
    lane.ramp = static_cast<std::uint8_t>(calls);
  }
};

}  // namespace keypool::pool
