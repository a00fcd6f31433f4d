#include "lab/key_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const Key kKind{.name = "K", .secret = "sk-demo", .limits = {{"*", {.rpm = 60, .tpm = 60'000}}}};

Simulation workload() {
  Simulation simulation;
  simulation.scenario.pace = {.first_token = 500ms, .tokens_per_second = 50};
  simulation.trace = make_bursty_trace({.calls = 2'000, .length = 10min});
  return simulation;
}

TEST(KeyPlan, FindsTheFewestKeysThatDo) {
  const Simulation base = workload();

  const auto plan = plan_keys(base, kKind, 1s);

  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(plan->outcome.failed, 0u);
  EXPECT_LE(plan->outcome.wait_p99, 1s);
  EXPECT_EQ(plan->outcome.keys.size(), plan->keys);
  for (const KeyPlan::Try& attempt : plan->tries) {
    const bool good = attempt.failed == 0 && attempt.wait_p99 <= 1s;
    EXPECT_EQ(good, attempt.keys >= plan->keys) << attempt.keys;
  }
  const double evenly = rate_of(base.trace) * (1'150 + 210) * 60 / 60'000;
  EXPECT_GT(static_cast<double>(plan->keys), evenly * 0.9);
  EXPECT_LT(static_cast<double>(plan->keys), evenly * 2);
}

TEST(KeyPlan, NeedsFewerKeysForCallersWhoMayWaitLonger) {
  const auto hasty = plan_keys(workload(), kKind, 0ms);
  const auto patient = plan_keys(workload(), kKind, 20s);

  ASSERT_TRUE(hasty && patient);
  EXPECT_LE(patient->keys, hasty->keys);
}

TEST(KeyPlan, NeedsOneKeyWithoutLimits) {
  const auto plan = plan_keys(workload(), {.name = "K", .secret = "sk-demo"}, 0ms);

  ASSERT_TRUE(plan) << plan.error();
  EXPECT_EQ(plan->keys, 1u);
}

TEST(KeyPlan, SaysWhenNoNumberOfKeysWouldDo) {
  Simulation base = workload();
  base.trace = {{.at = 0s, .input_tokens = 70'000, .output_tokens = 1}};

  const auto plan = plan_keys(base, kKind, 1s);

  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error(), HasSubstr("larger than the limit of one key"));
}

}  // namespace
}  // namespace keypool::lab
