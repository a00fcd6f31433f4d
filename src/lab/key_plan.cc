#include "lab/key_plan.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "lab/charge.h"
#include "lab/quota.h"

namespace keypool::lab {
namespace {

constexpr std::size_t kMostKeys = 10'000;

std::vector<Key> copies_of(const Key& kind, std::size_t count) {
  std::vector<Key> keys;
  for (std::size_t i = 0; i < count; ++i) {
    Key& key = keys.emplace_back(kind);
    key.name = fmt::format("{}[{}]", kind.name, i);
    key.secret = fmt::format("{}-{}", kind.secret, i);
    key.organization = fmt::format("organization-{}", i);
  }
  return keys;
}

/// The fewest keys that could serve the workload if it came evenly.
std::size_t fewest_thinkable(const Simulation& base, const Key& kind) {
  Scenario one;
  one.keys.push_back(kind);
  const double capacity = capacity_of(one, base.trace);
  if (capacity <= 0 || !std::isfinite(capacity)) return 1;
  const double keys = std::ceil(rate_of(base.trace) / capacity);
  return static_cast<std::size_t>(std::clamp(keys, 1.0, static_cast<double>(kMostKeys)));
}

/// A call that one key could not take even when rested.
std::optional<Arrival> too_large_for(const Key& kind, const Simulation& base) {
  Organization rested(kind.limits);
  Quota* quota = rested.quota(kSimulatedModel, WorldTime{0});
  if (!quota) return std::nullopt;
  const Quota full = *quota;
  const auto found = std::ranges::find_if(base.trace, [&](const Arrival& arrival) {
    Quota one_call = full;
    const auto refusal =
        one_call.admit(WorldTime{0}, expected_charge(Family::openai, base.scenario.limit_headers,
                                                     arrival.input_tokens, std::nullopt));
    return refusal && refusal->too_large;
  });
  if (found == base.trace.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::expected<KeyPlan, std::string> plan_keys(const Simulation& base, const Key& kind,
                                              std::chrono::milliseconds wanted_p99,
                                              const std::function<void(std::size_t keys)>& on_try) {
  if (const auto call = too_large_for(kind, base)) {
    return std::unexpected(
        fmt::format("a call of {} input tokens is larger than the limit of one key: no number of "
                    "them serves it",
                    call->input_tokens));
  }
  std::vector<KeyPlan::Try> tries;
  const auto with = [&](std::size_t count) {
    if (on_try) on_try(count);
    Simulation simulation = base;
    simulation.scenario.keys = copies_of(kind, count);
    KeyPlan plan{.keys = count, .outcome = simulate(simulation), .tries = {}};
    tries.push_back({count, plan.outcome.failed, plan.outcome.refused, plan.outcome.wait_p99});
    return plan;
  };
  const auto good = [&](const KeyPlan& plan) {
    return plan.outcome.failed == 0 && plan.outcome.wait_p99 <= wanted_p99;
  };

  std::size_t too_few = fewest_thinkable(base, kind) - 1;
  KeyPlan best = with(too_few + 1);
  for (std::size_t more = 1; !good(best); more *= 2) {
    if (best.keys >= kMostKeys) {
      return std::unexpected(
          fmt::format("even with {} keys {} calls fail and 1 in 100 waits longer than {} ms",
                      best.keys, best.outcome.failed, best.outcome.wait_p99.count()));
    }
    too_few = best.keys;
    best = with(std::min(best.keys + more, kMostKeys));
  }
  while (best.keys - too_few > 1) {
    KeyPlan middle = with(too_few + (best.keys - too_few) / 2);
    if (good(middle)) {
      best = std::move(middle);
    } else {
      too_few = middle.keys;
    }
  }
  std::ranges::sort(tries, {}, &KeyPlan::Try::keys);
  best.tries = std::move(tries);
  return best;
}

}  // namespace keypool::lab
