// What the pool promises on uneven traffic that asks for 95 % of what ten keys of unequal limits
// allow: no call fails within 30 s of waiting, and next to none is refused. The traffic is made up;
// KEYPOOL_TRACE=FILE runs the same on a recorded trace.
#include <cstdlib>

#include <gtest/gtest.h>

#include "lab/bad_day.h"

namespace keypool::lab {
namespace {

Trace workload() {
  const char* file = std::getenv("KEYPOOL_TRACE");
  if (file == nullptr) return make_bursty_trace({.calls = 20'000});
  auto trace = load_trace(file);
  if (trace) return std::move(*trace);
  ADD_FAILURE() << trace.error();
  return {};
}

Simulation at(double load) {
  Simulation simulation{.scenario = unequal_keys_scenario()};
  simulation.trace = at_load(simulation.scenario, workload(), load);
  return simulation;
}

/// One cell of the promise: what is known, what goes wrong, what it may cost.
struct Promise {
  const char* name;
  Knowledge knowledge;
  BadDay day;
  double refused_per_thousand;
};

void PrintTo(const Promise& row, std::ostream* out) { *out << row.name; }

class Goodput : public ::testing::TestWithParam<Promise> {};

TEST_P(Goodput, ServesWhatOneBucketServes) {
  Simulation simulation = on(GetParam().day, at(0.95));
  simulation.knowledge = GetParam().knowledge;

  const Outcome outcome = simulate(simulation);

  ASSERT_EQ(simulate_one_bucket(simulation).failed, 0u);
  EXPECT_EQ(outcome.failed, 0u);
  EXPECT_LE(outcome.refused_per_thousand(), GetParam().refused_per_thousand);
}

std::string name_of(const ::testing::TestParamInfo<Promise>& row) { return row.param.name; }

INSTANTIATE_TEST_SUITE_P(
    KnownLimits, Goodput,
    ::testing::Values(Promise{"Plain", Knowledge::everything, BadDay::none, 1},
                      Promise{"LimitHalved", Knowledge::everything, BadDay::limit_halved, 1},
                      Promise{"EstimatesTripled", Knowledge::everything, BadDay::estimates_high, 1},
                      Promise{"EstimatesThirded", Knowledge::everything, BadDay::estimates_low, 1},
                      Promise{"GroupsUntold", Knowledge::everything, BadDay::groups_untold, 1}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    ConfiguredLimits, Goodput,
    ::testing::Values(Promise{"Plain", Knowledge::configured, BadDay::none, 1},
                      Promise{"EstimatesTripled", Knowledge::configured, BadDay::estimates_high, 1},
                      Promise{"EstimatesThirded", Knowledge::configured, BadDay::estimates_low, 1},
                      // 1.1 on this trace, 0.9 on the recorded one: configured limits are the
                      // operator's word, which is wrong about the halved one
                      Promise{"LimitHalved", Knowledge::configured, BadDay::limit_halved, 1.5},
                      Promise{"GroupsUntold", Knowledge::configured, BadDay::groups_untold, 1}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    LimitsFromHeaders, Goodput,
    ::testing::Values(Promise{"Plain", Knowledge::headers, BadDay::none, 10},
                      Promise{"LimitHalved", Knowledge::headers, BadDay::limit_halved, 10},
                      Promise{"EstimatesTripled", Knowledge::headers, BadDay::estimates_high, 10},
                      Promise{"EstimatesThirded", Knowledge::headers, BadDay::estimates_low, 10},
                      Promise{"GroupsUntold", Knowledge::headers, BadDay::groups_untold, 10}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    RefusalsAlone, Goodput,
    ::testing::Values(
        Promise{"Plain", Knowledge::hints, BadDay::none, 30},
        Promise{"EstimatesTripled", Knowledge::hints, BadDay::estimates_high, 30},
        Promise{"EstimatesThirded", Knowledge::hints, BadDay::estimates_low, 30},
        Promise{"GroupsUntold", Knowledge::hints, BadDay::groups_untold, 30},
        Promise{"PlainWithoutRetryAfter", Knowledge::nothing, BadDay::none, 30},
        Promise{"EstimatesTripledWithoutRetryAfter", Knowledge::nothing, BadDay::estimates_high,
                30},
        Promise{"EstimatesThirdedWithoutRetryAfter", Knowledge::nothing, BadDay::estimates_low, 30},
        Promise{"GroupsUntoldWithoutRetryAfter", Knowledge::nothing, BadDay::groups_untold, 30}),
    name_of);

/// Where nothing tells of a limit that fell, 101 % of what is left is asked for until the pool has
/// found out, and hardly any call may fail: 0.3 % and 0.6 % do on this trace, 0 and 0.02 % on the
/// recorded one.
class HardGoodput : public ::testing::TestWithParam<Promise> {};

TEST_P(HardGoodput, LosesHardlyAnyCall) {
  Simulation simulation = on(GetParam().day, at(0.95));
  simulation.knowledge = GetParam().knowledge;

  const Outcome outcome = simulate(simulation);

  EXPECT_LE(outcome.failed_share(), 0.01);
  EXPECT_LE(outcome.refused_per_thousand(), GetParam().refused_per_thousand);
}

INSTANTIATE_TEST_SUITE_P(NobodyTells, HardGoodput,
                         ::testing::Values(Promise{"LimitHalved", Knowledge::hints,
                                                   BadDay::limit_halved, 30},
                                           Promise{"LimitHalvedWithoutRetryAfter",
                                                   Knowledge::nothing, BadDay::limit_halved, 30}),
                         name_of);

TEST(PlainGoodput, IsFarWorseWithoutAQueue) {
  const Outcome plain = simulate(without_a_queue(at(0.95)));

  EXPECT_GT(plain.failed_share(), 0.01);
  EXPECT_GT(plain.refused_per_thousand(), 50);
}

class Affinity : public ::testing::TestWithParam<Knowledge> {};

TEST_P(Affinity, FindsThePrefixsKeyAndOverloadsNone) {
  Simulation simulation = at(0.7);
  simulation.knowledge = GetParam();
  const Outcome without = simulate(simulation);
  simulation.trace = with_conversations(std::move(simulation.trace), 5, 1);

  const Outcome outcome = simulate(simulation);

  EXPECT_GT(outcome.followers, simulation.trace.size() / 2);
  EXPECT_GE(outcome.followed_share(), 0.9);
  EXPECT_EQ(outcome.failed, 0u);
  EXPECT_LE(outcome.refused, without.refused);
}

INSTANTIATE_TEST_SUITE_P(Rows, Affinity,
                         ::testing::Values(Knowledge::everything, Knowledge::configured,
                                           Knowledge::headers),
                         [](const auto& row) { return std::string(to_string(row.param)); });

}  // namespace
}  // namespace keypool::lab
