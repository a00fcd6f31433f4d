#include "lab/simulation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <keypool/key_pool.h>
#include <keypool/waiting.h>

#include "lab/charge.h"
#include "lab/quota.h"
#include "lab/tally.h"
#include "lab/timeline.h"
#include "lab/world.h"

namespace keypool::lab {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kEndpoint = "simulated";
constexpr int kImpatientTries = 3;

/// How long a provider takes to refuse.
constexpr WorldTime kRefusalTime = milliseconds(50);

/// How often progress is told.
constexpr std::size_t kProgressSteps = 200;

/// The pool's timer is never set closer than this.
constexpr WorldTime kTimerStep = std::chrono::microseconds(100);

keypool::Limits as_pool_limits(const Limits& limits) {
  keypool::Limits known;
  known[keypool::Dimension::requests_per_minute] = limits.rpm;
  known[keypool::Dimension::requests_per_day] = limits.rpd;
  known[keypool::Dimension::tokens_per_minute] = limits.tpm;
  known[keypool::Dimension::input_tokens_per_minute] = limits.input_tpm;
  known[keypool::Dimension::output_tokens_per_minute] = limits.output_tpm;
  return known;
}

keypool::Dimension as_pool_dimension(Dimension dimension) {
  switch (dimension) {
    case Dimension::requests:
      return keypool::Dimension::requests_per_minute;
    case Dimension::requests_per_day:
      return keypool::Dimension::requests_per_day;
    case Dimension::tokens:
      return keypool::Dimension::tokens_per_minute;
    case Dimension::input_tokens:
      return keypool::Dimension::input_tokens_per_minute;
    case Dimension::output_tokens:
      return keypool::Dimension::output_tokens_per_minute;
  }
  return keypool::Dimension::requests_per_minute;
}

bool tells_limits(Knowledge knowledge) {
  return knowledge == Knowledge::everything || knowledge == Knowledge::headers;
}

bool is_configured(Knowledge knowledge) {
  return knowledge == Knowledge::everything || knowledge == Knowledge::configured;
}

/// The keys of an organization share the limits that its first key names.
const ModelLimits& limits_of(const Scenario& scenario, const Key& key) {
  if (key.organization.empty()) return key.limits;
  return std::ranges::find(scenario.keys, key.organization, &Key::organization)->limits;
}

/// One run. Everything happens on the virtual clock, in one thread.
class Run {
 public:
  explicit Run(const Simulation& simulation)
      : simulation_(simulation),
        world_(simulation.scenario, clock_),
        pool_({.clock = &clock_,
               .secrets = nullptr,
               .cooldown = simulation.cooldown,
               .seed = simulation.scenario.seed}),
        tally_(simulation) {
    pool_.configure_endpoint(kEndpoint, {.policy = simulation.policy,
                                         .max_waiting = std::numeric_limits<std::size_t>::max()});
    const auto& keys = simulation.scenario.keys;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      add_key(keys[i]);
      key_by_name_.emplace(keys[i].name, i);
    }
  }

  Outcome outcome(const Progress& progress) {
    const Trace& trace = simulation_.trace;
    const std::size_t step = trace.size() / kProgressSteps + 1;
    std::size_t arrived = 0;
    WorldTime timer = WorldTime{0};
    while (true) {
      const WorldTime arrival = arrived < trace.size() ? trace[arrived].at : WorldTime::max();
      const WorldTime event = timeline_.next();
      const WorldTime due = VirtualClock::since_begin(pool_.next_due());
      const WorldTime wake = due == WorldTime::max() ? due : std::max(due, timer);
      const WorldTime next = std::min({arrival, event, wake});
      if (next == WorldTime::max()) break;
      clock_.move_to(next);
      if (wake == next) {
        timer = next + kTimerStep;
        pool_.run_due();
      } else if (event == next) {
        take_place(timeline_.take());
      } else {
        if (progress && arrived % step == 0)
          progress(static_cast<double>(arrived) / static_cast<double>(trace.size()));
        ask(arrived++);
      }
    }
    return std::move(tally_).outcome();
  }

 private:
  /// What an answer's head says about limits.
  using Notices = std::array<LimitNotice, kDimensions>;

  /// A call, from its first try to its answer.
  struct Call {
    Lease lease;
    Waiting waiting;
    int tries = 0;
    std::vector<KeyId> too_small;  ///< keys whose limit is smaller than the call
    std::size_t key = 0;
    Quota* quota = nullptr;
    Charge expected;
    std::optional<Refusal> refusal;
    Notices notices;
    std::size_t told = 0;  ///< how many of them
  };

  struct Event {
    enum class Kind { refusal, head, end };

    Kind kind;
    std::size_t call;
  };

  void add_key(const Key& key) {
    KeyOptions options;
    if (simulation_.organizations_told) options.group = key.organization;
    if (is_configured(simulation_.knowledge)) {
      for (const auto& [pattern, limits] : limits_of(simulation_.scenario, key)) {
        options.limits.push_back({pattern, as_pool_limits(limits)});
      }
    }
    pool_.add_key(kEndpoint,
                  {.name = key.name, .secret = Secret(key.secret), .options = std::move(options)});
  }

  void ask(std::size_t number) {
    const Arrival& arrival = simulation_.trace[number];
    const std::array<std::uint64_t, 1> conversation{arrival.conversation};
    LeaseRequest request{.model = kSimulatedModel,
                         .estimated_input_tokens =
                             static_cast<std::uint64_t>(static_cast<double>(arrival.input_tokens) *
                                                        simulation_.estimate_factor)};
    if (arrival.conversation != 0) request.affinity = conversation;

    Call& asking = calls_[number];
    ++asking.tries;
    request.avoid = asking.too_small;
    auto take = [this, number](std::expected<Lease, LeaseError> lease) {
      if (lease) {
        send(number, std::move(*lease));
      } else {
        calls_.erase(number);
      }
    };
    if (simulation_.patience == Patience::none) return take(pool_.lease(kEndpoint, request));
    const WaitRequest wait{.lease = request,
                           .deadline = VirtualClock::at(arrival.at + simulation_.max_wait),
                           .arrived = VirtualClock::at(arrival.at)};
    Waiting waiting = pool_.lease_when_ready(kEndpoint, wait, std::move(take));
    // It may have its lease, or be over, by now.
    if (const auto call = calls_.find(number); call != calls_.end()) {
      call->second.waiting = std::move(waiting);
    }
  }

  void send(std::size_t number, Lease lease) {
    Call& call = calls_.at(number);
    const Arrival& arrival = simulation_.trace[number];
    const bool none_left =
        std::ranges::find(call.too_small, lease.key_id()) != call.too_small.end();
    if (none_left) {
      lease.release();
      calls_.erase(number);
      return;
    }

    const WorldTime now = clock_.passed();
    call.key = key_by_name_.at(lease.key_name());
    call.lease = std::move(lease);
    call.quota = world_.quota(call.key, kSimulatedModel, now);
    call.expected = expected_charge(Family::openai, simulation_.scenario.limit_headers,
                                    arrival.input_tokens, std::nullopt);
    call.refusal = call.quota ? call.quota->admit(now, call.expected) : std::nullopt;
    note_limits(call, now);
    if (call.refusal) {
      tally_.refused(call.key, now);
      timeline_.add(now + kRefusalTime, {Event::Kind::refusal, number});
      return;
    }
    tally_.served(number, call.key, now);
    const WorldTime end = now + time_of(arrival);
    const WorldTime first_token = simulation_.scenario.pace_of(kSimulatedModel).first_token;
    const WorldTime head = simulation_.streams ? std::min(now + first_token, end) : end;
    timeline_.add(head, {Event::Kind::head, number});
    timeline_.add(end, {Event::Kind::end, number});
  }

  [[nodiscard]] WorldTime time_of(const Arrival& arrival) const {
    return answer_time(simulation_.scenario.pace_of(kSimulatedModel), arrival.output_tokens);
  }

  void take_place(const Event& event) {
    switch (event.kind) {
      case Event::Kind::refusal:
        return refuse(event.call);
      case Event::Kind::head:
        return tell(calls_.at(event.call), calls_.at(event.call).lease);
      case Event::Kind::end:
        return end(event.call);
    }
  }

  void refuse(std::size_t number) {
    Call& call = calls_.at(number);
    Lease lease = std::move(call.lease);
    const Refusal refusal = *call.refusal;
    tell(call, lease);
    if (refusal.too_large) {
      call.too_small.push_back(lease.key_id());
      lease.release();
    } else {
      lease.rate_limited(hint_of(refusal));
    }
    if (may_try_again(number)) {
      ask(number);
    } else {
      calls_.erase(number);
    }
  }

  void end(std::size_t number) {
    const auto call = calls_.extract(number);
    const Arrival& arrival = simulation_.trace[number];
    if (Quota* quota = call.mapped().quota) {
      quota->settle(clock_.passed(), call.mapped().expected,
                    actual_charge(Family::openai, arrival.input_tokens, arrival.output_tokens));
    }
    call.mapped().lease.succeed(
        {.latency = std::chrono::duration_cast<milliseconds>(time_of(arrival)),
         .input_tokens = arrival.input_tokens,
         .output_tokens = arrival.output_tokens});
  }

  [[nodiscard]] bool may_try_again(std::size_t number) const {
    if (simulation_.patience == Patience::none) return calls_.at(number).tries < kImpatientTries;
    return clock_.passed() < simulation_.trace[number].at + simulation_.max_wait;
  }

  /// What the answer will say: how the limits stand once the call is admitted, or refused.
  void note_limits(Call& call, WorldTime now) const {
    call.told = 0;
    if (!call.quota || !tells_limits(simulation_.knowledge)) return;
    constexpr std::array kTold{Dimension::requests, Dimension::tokens, Dimension::input_tokens,
                               Dimension::output_tokens, Dimension::requests_per_day};
    for (const Dimension dimension : kTold) {
      const auto headroom = call.quota->headroom(now, dimension);
      if (!headroom) continue;
      call.notices[call.told++] = {.dimension = as_pool_dimension(dimension),
                                   .limit = static_cast<std::uint64_t>(headroom->limit),
                                   .remaining = static_cast<std::uint64_t>(headroom->remaining)};
    }
  }

  void tell(const Call& call, Lease& lease) const {
    const Key& key = simulation_.scenario.keys[call.key];
    const bool names_organization =
        !key.organization.empty() && simulation_.knowledge != Knowledge::nothing;
    if (names_organization) lease.belongs_to(key.organization);
    lease.observe(std::span(call.notices).first(call.told));
  }

  /// As Retry-After tells it: in whole seconds.
  [[nodiscard]] std::optional<milliseconds> hint_of(const Refusal& refusal) const {
    if (simulation_.knowledge == Knowledge::nothing) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(refusal.retry_after);
  }

  const Simulation& simulation_;
  VirtualClock clock_;
  World world_;
  KeyPool pool_;
  Tally tally_;
  Timeline<Event> timeline_;
  std::unordered_map<std::string_view, std::size_t> key_by_name_;
  std::unordered_map<std::size_t, Call> calls_;  ///< those that are under way
};

}  // namespace

std::string_view to_string(Knowledge knowledge) noexcept {
  switch (knowledge) {
    case Knowledge::everything:
      return "everything";
    case Knowledge::configured:
      return "configured";
    case Knowledge::headers:
      return "headers";
    case Knowledge::hints:
      return "hints";
    case Knowledge::nothing:
      return "nothing";
  }
  return {};
}

Simulation without_a_queue(Simulation simulation) {
  simulation.name = "no queue";
  simulation.policy = Policy::lifetime;
  simulation.patience = Patience::none;
  simulation.knowledge = Knowledge::nothing;
  return simulation;
}

Outcome simulate(const Simulation& simulation, const Progress& progress) {
  return Run(simulation).outcome(progress);
}

}  // namespace keypool::lab
