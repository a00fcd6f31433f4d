#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_stats.h>
#include <keypool/limits.h>
#include <keypool/standing.h>

#include "pool/bucket.h"
#include "pool/cost.h"
#include "pool/learning.h"
#include "pool/moment.h"

namespace keypool::pool {

/// What a lane's limits still allow, as far as they are known: from the provider's headers, from
/// configuration, or learned from refused calls.
class LaneLimits {
 public:
  /// `weight` is the lane's share of the load against the others'.
  LaneLimits(double weight, MonotonicTime now);

  [[nodiscard]] bool known() const noexcept { return known_; }

  void configure(const Limits& limits, MonotonicTime now);

  /// Takes what a call is estimated to use.
  void reserve(const Cost& cost, MonotonicTime now) noexcept;

  /// The call has ended: puts right what it used.
  void settle(const Cost& reserved, const Cost& used, MonotonicTime now) noexcept;

  /// The call used nothing: it was refused, or never sent.
  void give_back(const Cost& reserved, MonotonicTime leased_at, MonotonicTime now) noexcept;

  /// When there is room for a call, with a little to spare; the end of time when it is larger than
  /// the lane can ever take.
  [[nodiscard]] MonotonicTime open_at(const Cost& cost) const noexcept;

  /// For the order of lanes: the earlier, the more headroom relative to the limits. Limits of a
  /// minute are exact at any time; those of a day, and the place of a lane of which nothing is
  /// known, as of the lane's last call.
  [[nodiscard]] MonotonicTime share() const noexcept { return share_; }

  /// Where a lane stands of which nothing is known.
  [[nodiscard]] static MonotonicTime unknown_share(double weight, MonotonicTime now) noexcept;

  /// What an answer said, where `own` is what is reserved for the call that was answered.
  void observe(const LimitNotice& notice, const Cost& own, MonotonicTime now);

  /// A call that a rate limit refused.
  struct Refused {
    Cost cost;
    MonotonicTime leased_at;
    std::optional<Dimension> limit;  ///< that the answer named
  };

  /// Whether it was sent after the last refusal was known. Those that were under way then tell
  /// nothing new.
  [[nodiscard]] bool is_news(const Refused& call) const noexcept {
    return call.leased_at > refused_at_;
  }

  /// Learns from a refusal that is news. `lately` was spent within a minute or so; `enough`:
  /// whether a limit may be learned from that alone.
  void learn_from(const Refused& call, const Cost& lately, bool enough, MonotonicTime now);

  /// How long to rest after that refusal when the answer gives no hint: short, and doubled while
  /// each comes soon after the rest before it.
  [[nodiscard]] std::chrono::nanoseconds rest_without_hint(
      std::chrono::nanoseconds longest) const noexcept;

  /// The lane rests; when that ends there is room for this call, but not for more.
  void close(const Refused& call, std::chrono::nanoseconds time, MonotonicTime now) noexcept;

  /// When a call may go where only a learned limit has no room, to see whether it has; the end of
  /// time where there is none such.
  [[nodiscard]] MonotonicTime probe_at() const noexcept;
  void begin_probe(const Cost& cost, MonotonicTime now) noexcept;
  /// A call ended, which may have been the probe.
  void probe_ended(MonotonicTime leased_at, bool well, MonotonicTime now);
  /// A probe that was not refused for long enough has found room. True when there was one.
  bool end_silent_probe(MonotonicTime now);

  /// Calls in flight of a lane that is joined with this one will be settled here.
  void take_over(const LaneLimits& other) noexcept { in_flight_ += other.in_flight_; }

  [[nodiscard]] std::vector<LaneStats::Room> rooms(MonotonicTime now) const;

  /// What was found, for a later run.
  [[nodiscard]] std::vector<LimitStanding> standing(const Moment& moment) const;

  /// What was found in an earlier run, unless as good is known.
  void restore(const LimitStanding& saved, const Moment& moment);

 private:
  struct Limit {
    Bucket room;                 ///< what is left
    Bucket share;                ///< the same in proportion to the weight, for the order
    std::chrono::seconds spare;  ///< of refill, that is left unused
    double configured;           ///< what is learned never grows above it; 0: none
    LimitSource source;
  };

  void set_limit(Limit& limit, double most, LimitSource source, MonotonicTime now);
  void forget(Limit& limit) noexcept;
  void set_left(Limit& limit, double left, MonotonicTime now) noexcept;
  [[nodiscard]] static MonotonicTime open_at(const Limit& limit, double amount) noexcept;
  void apply_learned(MonotonicTime now);
  void begin_learning(const Cost& lately, MonotonicTime now);
  [[nodiscard]] bool learn_again(Dimension dimension, double most, MonotonicTime now);
  void probe_found_room(MonotonicTime now);
  [[nodiscard]] std::optional<Dimension> tightest(MonotonicTime now) const noexcept;
  void update_share(MonotonicTime now) noexcept;

  [[nodiscard]] Limit& at(Dimension dimension) noexcept {
    return limits_[static_cast<std::size_t>(dimension)];
  }
  [[nodiscard]] const Limit& at(Dimension dimension) const noexcept {
    return limits_[static_cast<std::size_t>(dimension)];
  }

  double weight_;
  std::array<Limit, kDimensions> limits_;
  Cost in_flight_{.calls = 0};
  MonotonicTime share_;
  MonotonicTime reported_at_;  ///< when headers last told of limits
  MonotonicTime refused_at_;
  MonotonicTime open_since_;          ///< when the last rest ended
  std::uint8_t refusals_ = 0;         ///< each soon after the rest before it
  std::optional<Dimension> culprit_;  ///< of the last refusal
  bool known_ = false;
  std::unique_ptr<Learning> learning_;  ///< from the first refusal that no header explains
};

}  // namespace keypool::pool
