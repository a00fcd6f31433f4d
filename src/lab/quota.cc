#include "lab/quota.h"

#include <cmath>
#include <utility>

#include "lab/pattern.h"

namespace keypool::lab {
namespace {

constexpr double kMinute = 60;
constexpr double kDay = 24 * 60 * 60;

/// What a call has to find in the bucket, and what it takes at once.
struct Demand {
  Dimension dimension;
  double needed;
  double taken;
};

std::array<Demand, kDimensions> demands_of(const Charge& expected) {
  return {{{Dimension::requests_per_day, 1, 1},
           {Dimension::requests, 1, 1},
           {Dimension::tokens, expected.tokens, expected.tokens},
           {Dimension::input_tokens, expected.input_tokens, expected.input_tokens},
           {Dimension::output_tokens, 1, 0}}};
}

}  // namespace

Quota::Quota(const Limits& limits, WorldTime now) { change(now, limits); }

void Quota::set(WorldTime now, Dimension dimension, std::uint64_t limit, double capacity,
                double per_second) {
  auto& meter = this->meter(dimension);
  if (limit == 0) {
    meter.reset();
  } else if (meter) {
    meter->limit = static_cast<double>(limit);
    meter->bucket.resize(now, capacity, per_second);
  } else {
    meter.emplace(Meter{static_cast<double>(limit), TokenBucket(capacity, per_second, now)});
  }
}

void Quota::change(WorldTime now, const Limits& limits) {
  const auto each_minute = [&](Dimension dimension, std::uint64_t limit) {
    const double a_minute = static_cast<double>(limit);
    set(now, dimension, limit, std::max(1.0, a_minute * limits.burst), a_minute / kMinute);
  };
  each_minute(Dimension::requests, limits.rpm);
  each_minute(Dimension::tokens, limits.tpm);
  each_minute(Dimension::input_tokens, limits.input_tpm);
  each_minute(Dimension::output_tokens, limits.output_tpm);
  const double a_day = static_cast<double>(limits.rpd);
  set(now, Dimension::requests_per_day, limits.rpd, a_day, a_day / kDay);
}

std::optional<Refusal> Quota::admit(WorldTime now, const Charge& expected) {
  std::optional<Refusal> refusal;
  const auto demands = demands_of(expected);
  for (const Demand& demand : demands) {
    const auto& meter = this->meter(demand.dimension);
    if (!meter || meter->bucket.holds(now, demand.needed)) continue;
    const Refusal candidate{.dimension = demand.dimension,
                            .limit = meter->limit,
                            .used = meter->bucket.capacity() - meter->bucket.level(now),
                            .requested = demand.needed,
                            .too_large = !meter->bucket.fits(demand.needed),
                            .retry_after = meter->bucket.until(now, demand.needed)};
    const bool worse = !refusal || std::pair(candidate.too_large, candidate.retry_after) >
                                       std::pair(refusal->too_large, refusal->retry_after);
    if (worse) refusal = candidate;
  }
  if (refusal) return refusal;
  for (const Demand& demand : demands) {
    if (auto& meter = this->meter(demand.dimension)) meter->bucket.take(now, demand.taken);
  }
  return std::nullopt;
}

void Quota::settle(WorldTime now, const Charge& expected, const Charge& actual) {
  const auto correct = [&](Dimension dimension, double taken, double used) {
    if (auto& meter = this->meter(dimension)) meter->bucket.give(now, taken - used);
  };
  correct(Dimension::tokens, expected.tokens, actual.tokens);
  correct(Dimension::input_tokens, expected.input_tokens, actual.input_tokens);
  correct(Dimension::output_tokens, 0, actual.output_tokens);
}

std::optional<Headroom> Quota::headroom(WorldTime now, Dimension dimension) const {
  const auto& meter = meters_[static_cast<std::size_t>(dimension)];
  if (!meter) return std::nullopt;
  const TokenBucket& bucket = meter->bucket;
  return Headroom{.limit = meter->limit,
                  .remaining = std::max(0.0, std::floor(bucket.level(now))),
                  .full_after = bucket.until(now, bucket.capacity())};
}

Quota* Organization::quota(std::string_view model, WorldTime now) {
  if (const auto known = quotas_.find(model); known != quotas_.end()) return &known->second;
  const Limits* limits = limits_for(model);
  if (!limits) return nullptr;
  return &quotas_.emplace(std::string(model), Quota(*limits, now)).first->second;
}

void Organization::change(WorldTime now, ModelLimits limits) {
  limits_ = std::move(limits);
  for (auto& [model, quota] : quotas_) {
    const Limits* changed = limits_for(model);
    quota.change(now, changed ? *changed : Limits{});
  }
}

const Limits* Organization::limits_for(std::string_view model) const {
  for (const auto& [pattern, limits] : limits_) {
    if (matches(pattern, model)) return &limits;
  }
  return nullptr;
}

}  // namespace keypool::lab
