#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_stats.h>
#include <keypool/limits.h>

#include "pool/bucket.h"
#include "pool/cost.h"

namespace keypool::pool {

/// What a lane's limits still allow, as far as they are known: from the provider's headers, from
/// configuration, or from what had been used when a rate limit was hit.
class LaneLimits {
 public:
  /// `weight` is the lane's share of the load against the others'. A lane with no known limit is
  /// ordered as if it had `assumed_tokens` a minute.
  LaneLimits(double weight, double assumed_tokens, MonotonicTime now);

  [[nodiscard]] bool known() const noexcept { return known_; }

  void configure(const Limits& limits, MonotonicTime now);

  /// Takes what a call is estimated to use.
  void reserve(const Cost& cost, MonotonicTime now) noexcept;

  /// The call has ended: puts right what it used.
  void settle(const Cost& reserved, const Cost& used, MonotonicTime now) noexcept;

  /// When there is room for a call, as far as limits were told. Learned ones are guesses: they
  /// order lanes, but refuse nothing.
  [[nodiscard]] MonotonicTime open_at(const Cost& cost) const noexcept;

  /// For the order of lanes: the earlier, the more headroom relative to the limits. Limits of a
  /// minute are exact at any time; those of a day as of the lane's last call.
  [[nodiscard]] MonotonicTime share() const noexcept { return share_; }

  /// What an answer said, where `own` is what is reserved for the call that was answered.
  void observe(const LimitNotice& notice, const Cost& own, MonotonicTime now);

  /// A rate limit was hit, when this much had been used within a minute; nothing: too little to
  /// learn from. `which` limit it was, where the answer said so.
  void hit(const std::optional<Cost>& spent, std::optional<Dimension> which, MonotonicTime now);

  /// A call went well: what was learned is stretched to what is used, and a little more now and
  /// then as long as no rate limit is hit.
  void went_well(MonotonicTime now);

  /// Calls in flight of a lane that is joined with this one will be settled here.
  void take_over(const LaneLimits& other) noexcept { in_flight_ += other.in_flight_; }

  /// The token limit of a minute; 0 when none is known.
  [[nodiscard]] double tokens_per_minute() const noexcept;

  [[nodiscard]] std::vector<LaneStats::Room> rooms(MonotonicTime now) const;

 private:
  struct Limit {
    Bucket room;        ///< what is left
    Bucket share;       ///< the same in proportion to the weight, for the order
    double configured;  ///< what is learned never grows above it; 0: none
    LimitSource source;
  };

  void set_limit(Limit& limit, double most, LimitSource source, MonotonicTime now);
  void set_left(Limit& limit, double left, MonotonicTime now) noexcept;
  void learn(Dimension dimension, double spent, MonotonicTime now);
  void update_share(MonotonicTime now) noexcept;

  [[nodiscard]] Limit& at(Dimension dimension) noexcept {
    return limits_[static_cast<std::size_t>(dimension)];
  }
  [[nodiscard]] const Limit& at(Dimension dimension) const noexcept {
    return limits_[static_cast<std::size_t>(dimension)];
  }

  double weight_;
  std::array<Limit, kDimensions> limits_;
  Bucket assumed_;
  Cost in_flight_{.calls = 0};
  MonotonicTime share_;
  MonotonicTime reported_at_;   ///< when headers last told of limits
  MonotonicTime stretched_at_;  ///< what was learned, or hit
  double stretch_ = 0;          ///< by how much next
  bool known_ = false;
};

}  // namespace keypool::pool
