#include "cli/simulation_view.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Terminal kPipe{};

lab::Outcome outcome() {
  return {.name = "keypool, headroom",
          .offered = 1'000,
          .served = 990,
          .failed = 10,
          .refused = 5,
          .wait_p50 = 20ms,
          .wait_p99 = 1'500ms,
          .wait_max = 3s};
}

TEST(OutcomeTable, HasALineForEachOutcome) {
  const std::string table = outcome_table({outcome(), outcome()}, kPipe);

  EXPECT_EQ(std::ranges::count(table, '\n'), 3);
  EXPECT_THAT(table, ContainsRegex("990 +10 +1.00 +20 ms +1.5 s +3.0 s +5.0"));
  EXPECT_THAT(table, Not(HasSubstr("SAME KEY")));
}

TEST(OutcomeTable, TellsOfConversationsWhereThereAreAny) {
  lab::Outcome with = outcome();
  with.followers = 200;
  with.followed = 190;

  EXPECT_THAT(outcome_table({with}, kPipe), ContainsRegex("SAME KEY %\n.* 95.0\n"));
}

TEST(OutcomeTable, TellsHardlyAnyFromNone) {
  lab::Outcome hardly = outcome();
  hardly.offered = 1'000'000;
  lab::Outcome none = outcome();
  none.failed = 0;

  EXPECT_THAT(outcome_table({hardly}, kPipe), ContainsRegex("10 +<0.01 "));
  EXPECT_THAT(outcome_table({none}, kPipe), ContainsRegex("0 +0 +20 ms"));
}

TEST(ComparisonTable, HasAColumnForEachKindOfDay) {
  const lab::Comparison comparison{
      .rows = {{.name = "headers", .days = std::vector(lab::kBadDays.size(), outcome())}}};

  const std::string table = comparison_table(comparison, kPipe);

  EXPECT_THAT(table, HasSubstr("one limit halved"));
  EXPECT_THAT(table, ContainsRegex("headers +1.00 / 5.0 / 1.5 s +1.00 / 5.0 / 1.5 s"));
}

TEST(PlanText, SaysHowManyKeysItTakesAndHowOthersFared) {
  const lab::KeyPlan plan{.keys = 7,
                          .outcome = outcome(),
                          .tries = {{.keys = 6, .failed = 2, .wait_p99 = 9s},
                                    {.keys = 7, .failed = 0, .wait_p99 = 400ms}}};
  const lab::Key kind{.name = "TEAM_A", .secret = "x", .limits = {{"*", {.rpm = 1'200}}}};

  const std::string text = plan_text(plan, kind, 500ms, kPipe);

  EXPECT_THAT(text, ContainsRegex("6 +2 +9.0 s\n +7 +0 +400 ms\n"));
  EXPECT_THAT(text, HasSubstr("7 keys like TEAM_A (1,200 requests/min)"));
  EXPECT_THAT(text, HasSubstr("500 ms were wanted"));
}

TEST(WorkloadText, TellsCallsAndLoad) {
  lab::Simulation simulation;
  simulation.scenario.keys.push_back(
      {.name = "a", .secret = "sk-demo", .limits = {{"*", {.rpm = 120}}}});
  simulation.trace = {{.at = 0s, .input_tokens = 10, .output_tokens = 2},
                      {.at = 2s, .input_tokens = 20, .output_tokens = 4}};

  const std::string text = workload_text(simulation);

  EXPECT_THAT(text, HasSubstr("2 calls in 2s: 1.0 a second, 15 tokens in and 3 out on average"));
  EXPECT_THAT(text, HasSubstr("1 key with room for 2.0 such calls a second: 50 % load"));
}

}  // namespace
}  // namespace keypool::cli
