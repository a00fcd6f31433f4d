#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pool/affinity.h"
#include "pool/circuit.h"
#include "pool/key.h"
#include "pool/lane_limits.h"
#include "pool/rank_tree.h"

namespace keypool::pool {

/// What makes a lane rest.
enum class LaneFault : std::uint8_t { none, rate_limit, model_refused };

/// One quota group × one model: what a provider's rate limit applies to.
struct alignas(64) Lane {
  double charged = 0;       ///< tokens by forward decay, calls in flight with their estimate
  double calls = 0;         ///< calls by forward decay
  Key* only_key = nullptr;  ///< where its group has just one
  std::uint32_t in_flight = 0;
  float inverse_weight = 1;
  std::uint8_t tier = 0;
  LaneFault fault = LaneFault::none;
  bool plain = false;      ///< ordered by load, one key, nothing to look at when a call ends
  std::uint32_t ramp = 0;  ///< calls allowed at a time after a rest; 0: any number
  double turn = 0;         ///< of its last call, for taking turns
  std::unique_ptr<LaneLimits> limits;
  Rare<Rest> rest;

  /// The tier decides before everything else.
  [[nodiscard]] RankTree::Rank in_tier(RankTree::Rank within) const noexcept {
    return RankTree::Rank{tier} << 56 | within >> 7;
  }
  [[nodiscard]] RankTree::Rank rank_by_load() const noexcept {
    return in_tier(RankTree::rank_of(charged * inverse_weight));
  }
};

/// How a model's calls turn out against their estimates: a running ratio each way.
class EstimateRatio {
 public:
  [[nodiscard]] double input() const noexcept { return input_; }
  [[nodiscard]] double output() const noexcept { return output_; }

  /// `reserved` was corrected by the ratio already.
  void learn(const Cost& reserved, const Cost& used) noexcept {
    learn(input_, reserved.input, used.input);
    learn(output_, reserved.output, used.output);
  }

 private:
  static constexpr double kStep = 0.1;

  static void learn(double& ratio, double reserved, double used) noexcept {
    if (reserved <= 0) return;
    const double miss = std::min(used / reserved, 10.0);
    ratio = std::clamp(ratio * (1.0 + kStep * (miss - 1.0)), 0.01, 100.0);
  }

  double input_ = 1;
  double output_ = 1;
};

/// The lanes of one model, each at its group's number, and their order.
struct Board {
  std::string model;
  std::uint32_t number = 0;  ///< in order of first use
  std::vector<Lane> lanes;
  RankTree ready;    ///< lanes that may be leased, the one to take first in front
  RankTree resting;  ///< lanes that will be ready by themselves, by when
  MonotonicTime next_opening = kNever;
  MonotonicTime exact_from = kNever;  ///< when a recent time will not do, a little before that
  std::uint32_t in_flight = 0;
  std::uint32_t ramping = 0;        ///< lanes with a ramp
  bool limited = false;             ///< whether a limit of any lane is known
  double assumed_tokens = 100'000;  ///< a minute, of lanes whose limits are not
  double turn = 0;
  EstimateRatio ratio;
  Circuit circuit;
  Affinity affinity;

  void grow() {
    lanes.emplace_back();
    ready.grow();
    resting.grow();
  }

  void set_ramp(Lane& lane, std::uint32_t calls) noexcept {
    ramping += static_cast<std::uint32_t>(calls != 0) - static_cast<std::uint32_t>(lane.ramp != 0);
    lane.ramp = calls;
  }
};

}  // namespace keypool::pool
