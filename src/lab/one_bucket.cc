#include <algorithm>
#include <deque>
#include <limits>
#include <optional>

#include "lab/charge.h"
#include "lab/organizations.h"
#include "lab/quota.h"
#include "lab/simulation.h"
#include "lab/tally.h"
#include "lab/timeline.h"

namespace keypool::lab {
namespace {

Limits sum_of(const Organizations& organizations) {
  LimitSum sum;
  for (const auto& [name, limits] : organizations.all()) sum.add(limits);
  return sum.limits();
}

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
  Quota quota(sum_of(organizations), WorldTime{0});
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
        quota.change(now, sum_of(organizations));
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
