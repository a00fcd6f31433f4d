#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "lab/charge.h"
#include "lab/pattern.h"
#include "lab/quota.h"
#include "lab/simulation.h"
#include "lab/tally.h"
#include "lab/timeline.h"

namespace keypool::lab {
namespace {

Limits limits_for(const ModelLimits& all, std::string_view model) {
  const auto found =
      std::ranges::find_if(all, [&](const auto& entry) { return matches(entry.first, model); });
  return found == all.end() ? Limits{} : found->second;
}

/// The limits of each organization for the simulated model; keys without one are their own.
class Organizations {
 public:
  explicit Organizations(const Scenario& scenario) : scenario_(scenario) {
    for (const Key& key : scenario.keys) limits_.try_emplace(name_of(key), of(key.limits));
  }

  void change(const LimitChange& change) {
    const auto key = std::ranges::find(scenario_.keys, change.key, &Key::name);
    if (key != scenario_.keys.end()) limits_[name_of(*key)] = of(change.limits);
  }

  [[nodiscard]] const std::map<std::string, Limits>& all() const { return limits_; }

  /// All in one. The burst is the share that their bursts make together.
  [[nodiscard]] Limits sum() const {
    Limits sum{.burst = 0};
    double bursts = 0;
    for (const auto& [name, limits] : limits_) {
      sum.rpm += limits.rpm;
      sum.rpd += limits.rpd;
      sum.tpm += limits.tpm;
      sum.input_tpm += limits.input_tpm;
      sum.output_tpm += limits.output_tpm;
      bursts += limits.burst * weight(limits);
      sum.burst += weight(limits);
    }
    sum.burst = sum.burst > 0 ? bursts / sum.burst : 1;
    return sum;
  }

 private:
  static double weight(const Limits& limits) {
    return static_cast<double>(limits.tpm + limits.input_tpm + limits.output_tpm + limits.rpm);
  }
  static std::string name_of(const Key& key) {
    return key.organization.empty() ? "key " + key.name : "organization " + key.organization;
  }
  static Limits of(const ModelLimits& limits) { return limits_for(limits, kSimulatedModel); }

  const Scenario& scenario_;
  std::map<std::string, Limits> limits_;
};

double calls_a_second(const Limits& limits, const MeanTokens& mean) {
  double rate = std::numeric_limits<double>::infinity();
  const auto bound = [&rate](std::uint64_t limit, double seconds, double cost) {
    if (limit > 0 && cost > 0) rate = std::min(rate, static_cast<double>(limit) / seconds / cost);
  };
  bound(limits.rpm, 60, 1);
  bound(limits.rpd, 24 * 60 * 60, 1);
  bound(limits.tpm, 60, mean.input + mean.output);
  bound(limits.input_tpm, 60, mean.input);
  bound(limits.output_tpm, 60, mean.output);
  return rate;
}

}  // namespace

double capacity_of(const Scenario& scenario, const Trace& trace) {
  const MeanTokens mean = mean_tokens_of(trace);
  double rate = 0;
  const Organizations organizations(scenario);
  for (const auto& [name, limits] : organizations.all()) rate += calls_a_second(limits, mean);
  return rate;
}

Trace at_load(const Scenario& scenario, Trace trace, double share) {
  const double capacity = capacity_of(scenario, trace);
  const double rate = rate_of(trace);
  if (rate <= 0 || capacity <= 0 || capacity == std::numeric_limits<double>::infinity()) {
    return trace;
  }
  return sped_up(std::move(trace), share * capacity / rate);
}

Outcome simulate_one_bucket(const Simulation& simulation) {
  enum class Kind { arrival, answer, change, look };
  struct Event {
    Kind kind;
    std::size_t number;
  };
  const Scenario& scenario = simulation.scenario;
  const Trace& trace = simulation.trace;
  const Pace& pace = scenario.pace_of(kSimulatedModel);
  Organizations organizations(scenario);
  Quota quota(organizations.sum(), WorldTime{0});
  Tally tally(simulation);
  Timeline<Event> timeline;
  for (std::size_t i = 0; i < trace.size(); ++i) timeline.add(trace[i].at, {Kind::arrival, i});
  for (std::size_t i = 0; i < scenario.changes.size(); ++i) {
    timeline.add(scenario.changes[i].at, {Kind::change, i});
  }

  const auto expected = [&](std::size_t call) {
    return expected_charge(Family::openai, scenario.limit_headers, trace[call].input_tokens,
                           std::nullopt);
  };
  std::deque<std::size_t> queue;
  WorldTime look = WorldTime::max();  // when the head of the queue is looked at again
  while (timeline.next() != WorldTime::max()) {
    const WorldTime now = timeline.next();
    const Event event = timeline.take();
    switch (event.kind) {
      case Kind::arrival:
        queue.push_back(event.number);
        break;
      case Kind::answer: {
        const Arrival& arrival = trace[event.number];
        quota.settle(now, expected(event.number),
                     actual_charge(Family::openai, arrival.input_tokens, arrival.output_tokens));
        break;
      }
      case Kind::change:
        organizations.change(scenario.changes[event.number]);
        quota.change(now, organizations.sum());
        break;
      case Kind::look:
        look = WorldTime::max();
        break;
    }
    while (!queue.empty()) {
      const std::size_t call = queue.front();
      if (now > trace[call].at + simulation.max_wait) {
        queue.pop_front();
        continue;
      }
      const auto refusal = quota.admit(now, expected(call));
      if (refusal && refusal->too_large) {
        queue.pop_front();
        continue;
      }
      if (refusal) {
        const WorldTime again = now + std::max(refusal->retry_after, WorldTime{1});
        if (again < look) timeline.add(look = again, {Kind::look, call});
        break;
      }
      queue.pop_front();
      tally.served(call, std::nullopt, now);
      timeline.add(now + answer_time(pace, trace[call].output_tokens), {Kind::answer, call});
    }
  }
  return std::move(tally).outcome();
}

}  // namespace keypool::lab
