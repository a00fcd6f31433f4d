#include "lab/bad_day.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/comparison.h"

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;

Simulation plain() {
  Simulation simulation;
  for (const std::uint64_t tpm : {1'000, 2'000, 4'000, 9'000}) {
    simulation.scenario.keys.push_back({.name = std::to_string(tpm),
                                        .secret = "sk-demo-" + std::to_string(tpm),
                                        .limits = {{"*", {.rpm = tpm / 100, .tpm = tpm}}}});
  }
  for (int i = 0; i < 200; ++i) {
    simulation.trace.push_back({.at = 1s * i, .input_tokens = 50, .output_tokens = 10});
  }
  return simulation;
}

TEST(BadDay, HalvesTheSmallestLimitAboveTheAverageAtMidRun) {
  const Simulation day = on(BadDay::limit_halved, plain());  // the average is 4,000

  ASSERT_EQ(day.scenario.changes.size(), 1u);
  const LimitChange& change = day.scenario.changes.front();
  EXPECT_EQ(change.key, "4000");
  EXPECT_EQ(change.at, 99'500ms);
  EXPECT_EQ(change.limits.front().second, (Limits{.rpm = 20, .tpm = 2'000}));
}

TEST(BadDay, TakesQuestionsForOtherThanTheirSize) {
  EXPECT_DOUBLE_EQ(on(BadDay::estimates_high, plain()).estimate_factor, 3);
  EXPECT_DOUBLE_EQ(on(BadDay::estimates_low, plain()).estimate_factor, 1.0 / 3);
}

TEST(BadDay, LetsKeysShareLimitsWithoutChangingTheirSum) {
  Simulation ten = plain();
  ten.scenario = unequal_keys_scenario();
  const Simulation day = on(BadDay::groups_untold, ten);

  EXPECT_FALSE(day.organizations_told);
  std::vector<std::string> groups;
  std::uint64_t tpm = 0;
  for (const Key& key : day.scenario.keys) {
    const bool first = std::ranges::find(groups, key.organization) == groups.end();
    EXPECT_EQ(key.limits.empty(), !first) << key.name;
    if (!first) continue;
    groups.push_back(key.organization);
    tpm += key.limits.front().second.tpm;
  }
  EXPECT_EQ(groups.size(), 3u);
  EXPECT_EQ(tpm, 33u * 60'000);
}

TEST(BadDay, MayHitOneKeyWithoutLimitsOrNobody) {
  for (const BadDay day : kBadDays) {
    Simulation one = plain();
    one.scenario.keys.resize(1);
    one.scenario.keys.front().limits.clear();
    EXPECT_EQ(simulate(on(day, one)).served, one.trace.size()) << to_string(day);
    EXPECT_EQ(on(day, Simulation{}).trace.size(), 0u);
  }
}

TEST(Comparison, HasEveryKindOfDayForEachKnowledgeAndTheBestPossible) {
  double told = 0;
  const Comparison comparison = compare(plain(), [&told](double share) {
    EXPECT_GE(share, told);
    EXPECT_LE(share, 1);
    told = share;
  });

  ASSERT_EQ(comparison.rows.size(), 6u);
  for (const Comparison::Row& row : comparison.rows) {
    ASSERT_EQ(row.days.size(), kBadDays.size()) << row.name;
    for (const Outcome& outcome : row.days) EXPECT_EQ(outcome.offered, 200u);
  }
  EXPECT_GT(told, 0.9);
}

}  // namespace
}  // namespace keypool::lab
