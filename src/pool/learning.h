#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include <keypool/clock.h>
#include <keypool/limits.h>

#include "pool/cost.h"

namespace keypool::pool {

/// What refused calls alone tell of a lane's limits.
///
/// A provider's bucket is empty whenever it refuses. So what was spent between two refusals came in
/// between them: divided by the time it is the rate at which the bucket refills, whatever it holds
/// when full, and wrong by one call at most. Every refusal that is news gives such a sample; the
/// limit is the ratio of the samples' sums, with forgetting.
///
/// Upwards it learns by probes: while calls wait for nothing but a learned limit, now and then one
/// of them is sent in spite of it.
class Learning {
 public:
  /// What is learned. A refusal that names no limit is taken to mean one of these.
  static constexpr std::size_t kMeters = 2;
  static constexpr std::array<Dimension, kMeters> kDimension{Dimension::requests_per_minute,
                                                             Dimension::tokens_per_minute};

  /// Begins with the first refusal. `lately` was spent within a minute or so; `most` are limits
  /// that an operator knows, 0 where none: nothing above them is ever learned.
  Learning(const Cost& lately, const std::array<double, kMeters>& most, MonotonicTime now);

  /// What is charged, or less than was charged.
  void spend(const Cost& cost) noexcept {
    for (std::size_t i = 0; i < kMeters; ++i) meters_[i].spent += cost.in(kDimension[i]);
  }

  /// A call used nothing. What it was charged before a refusal is not among what was spent since.
  void give_back(const Cost& cost, MonotonicTime leased_at) noexcept {
    for (std::size_t i = 0; i < kMeters; ++i) {
      if (leased_at > meters_[i].since) meters_[i].spent -= cost.in(kDimension[i]);
    }
  }

  /// Our own count of this limit stood at full: more came in than was spent.
  void overflowed(std::size_t meter) noexcept { meters_[meter].overflowed = true; }

  /// A call was refused that was leased after the last refusal was known. `told` is the limit that
  /// the answer named. `enough`: whether so much was spent that a limit may be learned from
  /// nothing. Returns which limit it must have been.
  std::optional<Dimension> refused(const Cost& cost, std::optional<Dimension> told, bool enough,
                                   MonotonicTime now);

  /// 0: nothing is known yet.
  [[nodiscard]] double limit(std::size_t meter) const noexcept { return meters_[meter].limit(); }

  /// Goes on with what was learned in an earlier run, as with one sample.
  void resume(std::size_t meter, double limit) noexcept;

  /// When a call may be sent to see whether there is room after all; the end of time where no limit
  /// was learned that may lie higher.
  [[nodiscard]] MonotonicTime probe_at() const noexcept;
  /// `tested`: the limits that had no room for it.
  void begin_probe(const Cost& cost, const std::array<bool, kMeters>& tested,
                   MonotonicTime now) noexcept;
  [[nodiscard]] bool is_probe(MonotonicTime leased_at) const noexcept {
    return probing_ && leased_at == probed_at_;
  }
  /// What the probe has shown to be there; 0 of a limit that it did not test.
  [[nodiscard]] double found_room(std::size_t meter) const noexcept {
    return tested_[meter] ? probe_cost_.in(kDimension[meter]) : 0;
  }

  /// Whether a probe is out, and long enough that it would have been refused by now.
  [[nodiscard]] bool probe_is_through(MonotonicTime now) const noexcept;
  void probe_found_room(MonotonicTime now) noexcept;
  void probe_told_nothing() noexcept { probing_ = false; }

 private:
  struct Meter {
    MonotonicTime since{};    ///< the last refusal for this limit
    double spent = 0;         ///< since then
    double refused_cost = 0;  ///< of the call that was refused then
    double sum = 0;           ///< of samples, and
    double minutes = 0;       ///< of the time they span; 0: nothing learned
    double at_least = 0;      ///< the limit is not lower, by all that passed
    double trim = 1;
    double most = 0;
    bool overflowed = true;  ///< since the last refusal for it

    [[nodiscard]] bool learned() const noexcept { return minutes > 0; }
    [[nodiscard]] double rate() const noexcept { return sum / minutes; }
    [[nodiscard]] double limit() const noexcept;
    [[nodiscard]] double minutes_since(MonotonicTime now) const noexcept;
    /// The least and the most that the limit can be, were it empty now.
    [[nodiscard]] double low(MonotonicTime now) const noexcept;
    [[nodiscard]] double high(double cost, MonotonicTime now) const noexcept;

    void begin(double per_minute) noexcept;
    void sample(double cost, bool fell, MonotonicTime now) noexcept;
    void raise_to(double low) noexcept;
    void restart(double cost, MonotonicTime now) noexcept;
  };

  [[nodiscard]] std::size_t culprit(const std::array<bool, kMeters>& possible,
                                    MonotonicTime now) const noexcept;

  std::array<Meter, kMeters> meters_;
  MonotonicTime probe_at_;
  std::chrono::nanoseconds probe_gap_;
  double probe_step_;  ///< by how much the next success raises the limits
  MonotonicTime probed_at_{};
  Cost probe_cost_;
  std::array<bool, kMeters> tested_{};
  bool probing_ = false;
};

}  // namespace keypool::pool
