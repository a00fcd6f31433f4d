#include "lab/simulation.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;

Trace calls_at(std::initializer_list<WorldTime> times) {
  Trace trace;
  for (const WorldTime at : times)
    trace.push_back({.at = at, .input_tokens = 10, .output_tokens = 1});
  return trace;
}

Scenario one_key(Limits limits) {
  Scenario scenario;
  scenario.keys.push_back({.name = "a", .secret = "sk-demo-a", .limits = {{"*", limits}}});
  return scenario;
}

Simulation busy(double load = 0.95) {
  Simulation simulation{.scenario = unequal_keys_scenario()};
  simulation.trace = at_load(simulation.scenario, make_bursty_trace({.calls = 15'000}), load);
  return simulation;
}

/// What must be true of any run.
void expect_sound(const Simulation& simulation, const Outcome& outcome) {
  EXPECT_EQ(outcome.offered, simulation.trace.size());
  EXPECT_EQ(outcome.served + outcome.failed, outcome.offered);
  EXPECT_LE(outcome.wait_p50, outcome.wait_p99);
  EXPECT_LE(outcome.wait_p99, outcome.wait_max);
  Slice sum;
  for (const Slice& slice : outcome.slices) {
    sum.offered += slice.offered;
    sum.served += slice.served;
    sum.failed += slice.failed;
    sum.refused += slice.refused;
  }
  EXPECT_EQ(sum.offered, outcome.offered);
  EXPECT_EQ(sum.served, outcome.served);
  EXPECT_EQ(sum.failed, outcome.failed);
  EXPECT_EQ(sum.refused, outcome.refused);
}

TEST(Simulation, ServesAtOnceWhatTheLimitsAllow) {
  const Simulation simulation{.scenario = one_key({.rpm = 60}), .trace = calls_at({0s, 1s, 2s})};

  const Outcome outcome = simulate(simulation);

  expect_sound(simulation, outcome);
  EXPECT_EQ(outcome.served, 3u);
  EXPECT_EQ(outcome.refused, 0u);
  EXPECT_EQ(outcome.wait_max, 0ms);
  EXPECT_EQ(outcome.keys[0].served, 3u);
}

TEST(Simulation, LetsACallWaitUntilItsKeyHasRoom) {
  const Simulation simulation{.scenario = one_key({.rpm = 6, .burst = 1.0 / 6}),
                              .trace = calls_at({0s, 1s}),
                              .knowledge = Knowledge::headers};

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.served, 2u);
  EXPECT_GE(outcome.wait_max, 9s);
  EXPECT_LE(outcome.wait_max, 12s);
}

TEST(Simulation, FailsACallThatNoKeyHasRoomForInTime) {
  const Simulation simulation{
      .scenario = one_key({.rpm = 1}), .trace = calls_at({0s, 1s}), .max_wait = 20s};

  const Outcome outcome = simulate(simulation);

  expect_sound(simulation, outcome);
  EXPECT_EQ(outcome.served, 1u);
  EXPECT_EQ(outcome.failed, 1u);
}

TEST(Simulation, GivesUpACallThatIsLargerThanEveryLimit) {
  Simulation simulation{.scenario = one_key({.tpm = 100}), .trace = calls_at({0s, 1s})};
  simulation.trace[0].input_tokens = 101;

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.failed, 1u);
  EXPECT_EQ(outcome.refused, 1u);
  EXPECT_EQ(outcome.served, 1u);
  EXPECT_EQ(simulate_one_bucket(simulation).failed, 1u);
}

TEST(Simulation, FindsTheKeyThatIsLargeEnough) {
  Simulation simulation{.scenario = one_key({.tpm = 100}), .trace = calls_at({0s})};
  simulation.scenario.keys.push_back({.name = "b", .secret = "sk-demo-b"});
  simulation.trace[0].input_tokens = 101;

  EXPECT_EQ(simulate(simulation).served, 1u);
}

TEST(Simulation, TriesNoFurtherOnceItsTimeIsOver) {
  // The pool learns nothing and rests no key: each try is refused, and the next begins at once.
  Simulation simulation{.scenario = one_key({.rpm = 1}),
                        .trace = calls_at({0s, 1s}),
                        .knowledge = Knowledge::nothing,
                        .max_wait = 10s,
                        .cooldown = 0ms};

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.failed, 1u);
  EXPECT_LE(outcome.refused, 10'000u / 50 + 1);
}

TEST(Simulation, GivesTheSameRunEveryTime) {
  const Simulation simulation = busy();

  const Outcome first = simulate(simulation);
  const Outcome second = simulate(simulation);

  expect_sound(simulation, first);
  EXPECT_EQ(first.served, second.served);
  EXPECT_EQ(first.refused, second.refused);
  EXPECT_EQ(first.wait_p99, second.wait_p99);
}

TEST(Simulation, TriesThreeTimesAtMostWithoutPatience) {
  const Simulation simulation{
      .scenario = one_key({.rpm = 1}), .trace = calls_at({0s, 1s}), .patience = Patience::none};

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.served, 1u);
  EXPECT_EQ(outcome.failed, 1u);
  EXPECT_EQ(outcome.refused, 3u);
}

TEST(Simulation, HearsWhatAnAnswerTellsWithItsHead) {
  // The first call empties the key. Its head, after a second, says so; its end comes after 101.
  Simulation simulation{.scenario = one_key({.tpm = 20, .burst = 0.5}),
                        .trace = calls_at({0s, 2s})};
  simulation.scenario.pace = {.first_token = 1s, .tokens_per_second = 0.01};
  simulation.max_wait = 1min;

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.served, 2u);
  EXPECT_EQ(outcome.refused, 0u);
}

TEST(Simulation, TellsHowFarItIs) {
  std::vector<double> told;
  const Outcome outcome = simulate(busy(), [&told](double share) { told.push_back(share); });

  EXPECT_GT(told.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_LT(told.back(), 1);
}

TEST(ScenarioForAModel, HasItsLimitsAndPaceAlone) {
  Scenario scenario = one_key({.rpm = 1});
  scenario.keys[0].limits = {{"small-*", {.rpm = 2}}, {"*", {.rpm = 3}}};
  scenario.models = {{.match = "small-*", .pace = {.tokens_per_second = 7}}};
  scenario.changes = {{.at = 1s, .key = "a", .limits = {{"big", {.rpm = 9}}}}};

  const auto narrowed = for_model(scenario, "small-1");

  ASSERT_TRUE(narrowed) << narrowed.error();
  EXPECT_EQ(narrowed->keys[0].limits, (ModelLimits{{"*", {.rpm = 2}}}));
  EXPECT_EQ(narrowed->pace.tokens_per_second, 7);
  EXPECT_TRUE(narrowed->changes[0].limits.empty());
}

TEST(ScenarioForAModel, IsAnErrorWhenOnlyOthersAreLimited) {
  Scenario scenario = one_key({});
  scenario.keys[0].limits = {{"small-*", {.rpm = 2}}};

  EXPECT_EQ(for_model(scenario, "big").error(), "no key has a limit for big, but for small-*");
}

TEST(Simulation, AppliesLimitsThatChange) {
  Simulation simulation{.scenario = one_key({.rpm = 60}), .trace = calls_at({0s, 10s, 11s, 12s})};
  simulation.scenario.changes.push_back({.at = 5s, .key = "a", .limits = {{"*", {.rpm = 1}}}});
  simulation.max_wait = 5s;

  const Outcome outcome = simulate(simulation);

  EXPECT_EQ(outcome.served, 2u);
  EXPECT_EQ(outcome.failed, 2u);
}

// The pool against what nobody can better

TEST(OneBucket, ServesAtOnceWhatTheSumOfLimitsAllows) {
  Scenario scenario = one_key({.rpm = 1});
  scenario.keys.push_back({.name = "b", .secret = "sk-demo-b", .limits = {{"*", {.rpm = 2}}}});
  const Simulation simulation{.scenario = scenario, .trace = calls_at({0s, 0s, 0s, 0s})};

  const Outcome outcome = simulate_one_bucket(simulation);

  expect_sound(simulation, outcome);
  EXPECT_EQ(outcome.served, 4u);
  EXPECT_EQ(outcome.wait_p50, 0ms);
  EXPECT_EQ(outcome.wait_max, 20s);
}

TEST(OneBucket, FailsWhatItCannotServeInTime) {
  const Simulation simulation{
      .scenario = one_key({.rpm = 1}), .trace = calls_at({0s, 0s}), .max_wait = 59s};

  EXPECT_EQ(simulate_one_bucket(simulation).failed, 1u);
}

TEST(OneBucket, FollowsLimitsThatChange) {
  Simulation simulation{.scenario = one_key({.rpm = 1}), .trace = calls_at({0s, 6s})};
  simulation.scenario.changes.push_back({.at = 5s, .key = "a", .limits = {{"*", {.rpm = 6}}}});

  EXPECT_EQ(simulate_one_bucket(simulation).wait_max, 8'167ms);  // 11 of 60 shares came in 6 s
}

TEST(Capacity, IsWhatTheTightestLimitOfEachOrganizationAllows) {
  Scenario scenario = one_key({.rpm = 60, .tpm = 660});  // 1 call a second, or 1
  scenario.keys.push_back({.name = "b",
                           .secret = "sk-demo-b",
                           .organization = "org",
                           .limits = {{"*", {.rpm = 600, .tpm = 330}}}});
  scenario.keys.push_back({.name = "c", .secret = "sk-demo-c", .organization = "org"});
  const Trace trace = calls_at({0s, 1s, 2s});  // of 11 tokens each

  EXPECT_DOUBLE_EQ(capacity_of(scenario, trace), 1 + 0.5);
}

TEST(Capacity, ScalesATraceToAShareOfIt) {
  const Scenario scenario = one_key({.rpm = 60});
  const Trace trace = at_load(scenario, make_bursty_trace({.calls = 500}), 0.5);

  EXPECT_NEAR(rate_of(trace), 0.5, 0.001);
}

}  // namespace
}  // namespace keypool::lab
