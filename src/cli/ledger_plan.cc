#include "cli/ledger_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "lab/key_plan.h"
#include "lab/simulation.h"

namespace keypool::cli {
namespace {

using admin::NoPlan;
using admin::Plan;
using admin::PlanQuestion;
using state::Figure;

/// Fewer calls say nothing about one wait in a hundred.
constexpr std::uint64_t kFewestCalls = 100;

/// About a second for each number of keys that is tried.
constexpr std::uint64_t kMostCalls = 10'000;

/// Of calls: a try that met a limit was one more of the same.
std::uint64_t calls_of(const state::Figures& figures) {
  return figures.requests() - figures[Figure::rate_limited];
}

/// What the ledger holds of one model, by hour.
using Hours = std::map<std::string, state::Figures>;

std::uint64_t calls_in(const Hours& hours) {
  std::uint64_t sum = 0;
  for (const auto& [hour, figures] : hours) sum += calls_of(figures);
  return sum;
}

std::map<std::string, Hours> by_model(const std::vector<state::UsageRow>& rows) {
  std::map<std::string, Hours> models;
  for (const state::UsageRow& row : rows) models[row.labels[1]][row.labels[0]] += row.figures;
  return models;
}

/// The hour with the most calls, and how calls of it are on average.
struct BusyHour {
  std::string start;
  double calls = 0;
  double input_tokens = 0;
  double output_tokens = 0;
};

BusyHour busiest(const Hours& hours) {
  const auto most =
      std::ranges::max_element(hours, {}, [](const auto& hour) { return calls_of(hour.second); });
  const state::Figures& figures = most->second;
  const auto calls = static_cast<double>(calls_of(figures));
  // Refused tries used nothing; a call is as large as those that were served.
  const auto served = static_cast<double>(std::max<std::uint64_t>(figures[Figure::succeeded], 1));
  return {.start = most->first,
          .calls = calls,
          .input_tokens = static_cast<double>(figures[Figure::input_tokens]) / served,
          .output_tokens = static_cast<double>(figures[Figure::output_tokens]) / served};
}

lab::Trace trace_of(const BusyHour& hour) {
  const double share = std::min(1.0, static_cast<double>(kMostCalls) / hour.calls);
  const auto length = std::chrono::duration<double, std::ratio<3600>>(share);
  return lab::make_bursty_trace(
      {.calls = static_cast<std::size_t>(std::llround(hour.calls * share)),
       .length = std::chrono::duration_cast<lab::WorldTime>(length),
       .mean_input_tokens = std::max(hour.input_tokens, 1.0),
       .mean_output_tokens = std::max(hour.output_tokens, 1.0)});
}

std::uint64_t& field_of(lab::Limits& limits, Dimension dimension, std::uint64_t& left_out) {
  switch (dimension) {
    case Dimension::requests_per_minute:
      return limits.rpm;
    case Dimension::tokens_per_minute:
      return limits.tpm;
    case Dimension::input_tokens_per_minute:
      return limits.input_tpm;
    case Dimension::output_tokens_per_minute:
      return limits.output_tpm;
    case Dimension::requests_per_day:
      return limits.rpd;
    case Dimension::tokens_per_day:
      break;
  }
  return left_out;
}

lab::Limits limits_of(const LaneStats& lane) {
  lab::Limits limits;
  std::uint64_t left_out = 0;
  for (const LaneStats::Room& room : lane.rooms) {
    field_of(limits, room.dimension, left_out) = room.limit;
  }
  return limits;
}

bool in_service(const KeyStats& key) {
  switch (key.state) {
    case KeyState::ready:
    case KeyState::cooling:
      return true;
    case KeyState::depleted:
    case KeyState::invalid:
    case KeyState::disabled:
    case KeyState::draining:
      return false;
  }
  return false;
}

/// The endpoint's keys as a simulated provider has them.
struct Keys {
  std::vector<lab::Key> now;
  std::optional<lab::Key> kind;  ///< the one in the middle; none: no limit is known
};

Keys keys_of(const LedgerTraffic& traffic, const std::string& model) {
  std::set<std::string> names;
  for (const KeyStats& key : traffic.keys) {
    if (in_service(key)) names.insert(key.name);
  }
  Keys keys;
  std::vector<lab::Limits> known;
  const auto add = [&](const std::string& name, const std::string& organization,
                       lab::ModelLimits limits) {
    keys.now.push_back({.name = name,
                        .secret = fmt::format("simulated-{}", keys.now.size()),
                        .organization = organization,
                        .limits = std::move(limits)});
  };
  for (const LaneStats& lane : traffic.lanes) {
    const lab::Limits limits = limits_of(lane);
    if (lane.model != model || limits == lab::Limits{} || lane.keys.empty()) continue;
    known.push_back(limits);
    lab::ModelLimits of_group{{"*", limits}};  // given with its first key only
    for (const std::string& name : lane.keys) {
      if (names.erase(name) == 0) continue;
      add(name, lane.keys.front(), std::exchange(of_group, {}));
    }
  }
  if (known.empty()) return keys;
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::ranges::nth_element(known, middle, {}, [](const lab::Limits& limits) {
    return std::pair(limits.tpm + limits.input_tpm, limits.rpm);
  });
  keys.kind = lab::Key{.name = "key", .secret = "simulated", .limits = {{"*", *middle}}};
  for (const std::string& name : names) add(name, name, {{"*", *middle}});
  return keys;
}

Plan::Point point(std::size_t keys, std::uint64_t offered, std::uint64_t failed,
                  std::uint64_t refused, std::chrono::milliseconds p99_wait) {
  const auto calls = static_cast<double>(std::max<std::uint64_t>(offered, 1));
  return {.keys = keys,
          .p99_wait = p99_wait,
          .failed_share = static_cast<double>(failed) / calls,
          .rate_limited_per_1000 = 1000 * static_cast<double>(refused) / calls};
}

std::vector<std::string> assumptions_of(const BusyHour& hour, const lab::Trace& trace,
                                        const lab::Key& kind, const PlanQuestion& question) {
  const lab::Limits& limits = kind.limits.front().second;
  return {
      fmt::format("The busiest of the last {} hours is what must be served: the one from {}, with "
                  "{:.0f} requests of {:.0f} input and {:.0f} output tokens on average.",
                  question.back.count(), hour.start, hour.calls, hour.input_tokens,
                  hour.output_tokens),
      "The ledger tells hours, not moments: calls are spread over the hour in bursts, as uneven as "
      "recorded traffic is. The running hour counts as a whole one.",
      fmt::format("{} calls were simulated for each number of keys.", trace.size()),
      fmt::format("A further key has limits like the one in the middle of those known: {} requests "
                  "and {} tokens a minute (0: none known), and an account of its own.",
                  limits.rpm, limits.tpm > 0 ? limits.tpm : limits.input_tpm),
      "Other models of the same keys are left out, and so are limits of tokens a day.",
  };
}

}  // namespace

admin::PlanOutcome plan_from_ledger(const LedgerTraffic& traffic, const PlanQuestion& question) {
  const auto models = by_model(traffic.hours);
  std::string model = question.model;
  if (model.empty() && !models.empty()) {
    model = std::ranges::max_element(models, {}, [](const auto& one) {
              return calls_in(one.second);
            })->first;
  }
  const auto hours = models.find(model);
  const std::uint64_t calls = hours == models.end() ? 0 : calls_in(hours->second);
  if (calls < kFewestCalls) {
    return std::unexpected(NoPlan{
        .code = "not_enough_data",
        .message =
            fmt::format("the ledger holds {} requests of model \"{}\" to {} in the last {} "
                        "hours, and a plan needs {}: ask for more `hours`, or another model",
                        calls, model, question.endpoint, question.back.count(), kFewestCalls)});
  }
  const Keys keys = keys_of(traffic, model);
  if (!keys.kind) {
    return std::unexpected(NoPlan{
        .code = "no_limits_known",
        .message = fmt::format("no limit of {} for model \"{}\" is known: configure `limits` of "
                               "its keys, or wait until answers have told them",
                               question.endpoint, model)});
  }

  const BusyHour hour = busiest(hours->second);
  lab::Simulation base{.scenario = {.keys = keys.now},
                       .trace = trace_of(hour),
                       .policy = traffic.endpoint.policy,
                       .max_wait = traffic.endpoint.max_wait,
                       .cooldown = traffic.endpoint.cooldown};
  const lab::Outcome now = lab::simulate(base);
  const auto found = lab::plan_keys(base, *keys.kind, question.wait);
  if (!found) {
    return std::unexpected(NoPlan{.code = "no_plan", .message = found.error()});
  }
  Plan plan{.endpoint = question.endpoint,
            .model = model,
            .wait = question.wait,
            .now = point(keys.now.size(), now.offered, now.failed, now.refused, now.wait_p99),
            .keys_needed = found->keys,
            .curve = {},
            .assumptions = assumptions_of(hour, base.trace, *keys.kind, question)};
  for (const lab::KeyPlan::Try& one : found->tries) {
    plan.curve.push_back(point(one.keys, base.trace.size(), one.failed, one.refused, one.wait_p99));
  }
  return plan;
}

}  // namespace keypool::cli
