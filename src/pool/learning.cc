#include "pool/learning.h"

#include <algorithm>
#include <cmath>

#include "pool/key.h"

namespace keypool::pool {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Decayed sums of a minute read this much high when what they sum began with a full bucket.
constexpr double kFirstSample = 0.65;

/// How far a first sample is trusted as a lower bound.
constexpr double kFirstBound = 0.8;

/// Which limit a first refusal was of is unknown. Tokens are the likelier; a limit of requests is
/// set where it hardly matters until it is found out.
constexpr double kLessLikely = 1.5;

/// A limit is set a little above its samples: too high costs a refusal now and then, which is the
/// next sample; too low is never noticed but by probes.
constexpr double kTrim = 1.02;
constexpr double kLeastTrim = 0.5;
constexpr double kCut = 0.97;

constexpr double kForgetPerMinute = 1.0;        ///< samples, by exp(-this × minutes)
constexpr double kForgetWhenFallen = 0.3;       ///< what is kept once the limit is seen to be lower
constexpr double kBoundForgetPerMinute = 0.03;  ///< lower bounds

constexpr seconds kShortestProbeGap{10};
constexpr seconds kLongestProbeGap{40};
constexpr seconds kProbeTime{1};  ///< refusals come sooner
constexpr double kFirstProbeStep = 0.01;
constexpr double kLongestProbeStep = 0.16;

}  // namespace

double Learning::Meter::limit() const noexcept {
  if (!learned()) return 0;
  const double limit = std::max(1.0, std::max(rate(), at_least) * trim);
  return most > 0 ? std::min(limit, most) : limit;
}

double Learning::Meter::minutes_since(MonotonicTime now) const noexcept {
  return std::max(static_cast<double>(nanoseconds(now - since).count()) / 6e10, 1e-4);
}

double Learning::Meter::low(MonotonicTime now) const noexcept {
  return std::max(0.0, spent - refused_cost) / minutes_since(now);
}

double Learning::Meter::high(double cost, MonotonicTime now) const noexcept {
  return (std::max(0.0, spent) + cost) / minutes_since(now);
}

void Learning::Meter::begin(double per_minute) noexcept {
  sum = per_minute;
  minutes = 1;
  trim = kTrim;
}

// The refusal was for this limit.
void Learning::Meter::sample(double cost, bool fell, MonotonicTime now) noexcept {
  const double span = minutes_since(now);
  const double used = std::max(spent, cost / 2);
  if (overflowed && used / span <= rate()) {
    // Our level was too high; about the pace this tells nothing.
    trim = std::max(kLeastTrim, trim * kCut);
    at_least *= kCut;
    return;
  }
  const double kept = fell ? kForgetWhenFallen : std::exp(-kForgetPerMinute * span);
  if (fell) at_least = low(now);
  sum = sum * kept + used;
  minutes = minutes * kept + span;
  trim = kTrim;
}

void Learning::Meter::raise_to(double low) noexcept {
  at_least = std::max(at_least, low);
  sum = std::max(sum, at_least * minutes);
}

void Learning::Meter::restart(double cost, MonotonicTime now) noexcept {
  since = now;
  spent = 0;
  overflowed = false;
  refused_cost = cost;
}

Learning::Learning(const Cost& lately, const std::array<double, kMeters>& most, MonotonicTime now)
    : probe_at_(now), probe_gap_(kShortestProbeGap), probe_step_(kFirstProbeStep) {
  for (std::size_t i = 0; i < kMeters; ++i) {
    Meter& meter = meters_[i];
    meter.since = now - std::chrono::minutes(1);
    meter.spent = kFirstSample * lately.in(kDimension[i]);
    meter.most = most[i];
    if (most[i] > 0) meter.begin(most[i]);
  }
}

std::optional<Dimension> Learning::refused(const Cost& cost, std::optional<Dimension> told,
                                           bool enough, MonotonicTime now) {
  std::array<bool, kMeters> possible{};
  for (std::size_t i = 0; i < kMeters; ++i) {
    Meter& meter = meters_[i];
    meter.at_least *= std::exp(-kBoundForgetPerMinute * meter.minutes_since(now));
    possible[i] =
        told ? kDimension[i] == *told : meter.high(cost.in(kDimension[i]), now) >= meter.at_least;
  }
  const bool none_possible = !possible[0] && !possible[1];
  const bool of_these = !told || !none_possible;
  const bool nothing_known = !meters_[0].learned() && !meters_[1].learned();
  const std::size_t hit = nothing_known && !told ? 1 : culprit(possible, now);

  for (std::size_t i = 0; i < kMeters; ++i) {
    Meter& meter = meters_[i];
    const double own_cost = cost.in(kDimension[i]);
    const bool is_hit = of_these && i == hit;
    if (meter.learned()) {
      const double low = meter.low(now);
      if (is_hit) meter.sample(own_cost, none_possible, now);
      meter.raise_to(low);
      if (is_hit) meter.restart(own_cost, now);
    } else if (enough && (is_hit || !told)) {
      meter.begin(std::max(meter.spent, own_cost / 2) / meter.minutes_since(now) *
                  (is_hit ? 1.0 : kLessLikely));
      meter.at_least = kFirstBound * meter.low(now);
      meter.restart(own_cost, now);
    }
  }

  if (probing_) probe_gap_ = std::min<nanoseconds>(2 * probe_gap_, kLongestProbeGap);
  probing_ = false;
  probe_step_ = kFirstProbeStep;
  probe_at_ = now + probe_gap_;
  if (told) return told;
  return meters_[hit].learned() ? std::optional(kDimension[hit]) : std::nullopt;
}

// Of those that it can have been, the one that was used hardest against what was believed of it;
// where it can have been none, limits have fallen, and it is the one that has to fall least.
std::size_t Learning::culprit(const std::array<bool, kMeters>& possible,
                              MonotonicTime now) const noexcept {
  if (possible[0] != possible[1]) return possible[0] ? 0 : 1;
  const auto strain = [&](const Meter& meter) {
    if (!meter.learned()) return 0.0;
    const double believed = possible[0] ? meter.rate() : std::max(meter.at_least, 1e-9);
    return std::max(meter.spent, 0.0) / meter.minutes_since(now) / believed;
  };
  return strain(meters_[0]) > strain(meters_[1]) ? 0 : 1;
}

void Learning::resume(std::size_t meter, double limit) noexcept {
  meters_[meter].begin(limit / kTrim);
}

MonotonicTime Learning::probe_at() const noexcept {
  if (probing_) return probed_at_ + kProbeTime;
  for (const Meter& meter : meters_) {
    if (meter.learned() && (meter.most <= 0 || meter.limit() < meter.most)) return probe_at_;
  }
  return kNever;
}

void Learning::begin_probe(const Cost& cost, const std::array<bool, kMeters>& tested,
                           MonotonicTime now) noexcept {
  probing_ = true;
  probed_at_ = now;
  probe_cost_ = cost;
  tested_ = tested;
}

bool Learning::probe_is_through(MonotonicTime now) const noexcept {
  return probing_ && now >= probed_at_ + kProbeTime;
}

void Learning::probe_found_room(MonotonicTime now) noexcept {
  probing_ = false;
  probe_at_ = now;
  probe_gap_ = std::max<nanoseconds>(probe_gap_ / 2, kShortestProbeGap);
  for (std::size_t i = 0; i < kMeters; ++i) {
    if (tested_[i]) meters_[i].trim *= 1.0 + probe_step_;
  }
  probe_step_ = std::min(2 * probe_step_, kLongestProbeStep);
}

}  // namespace keypool::pool
