#include "cli/ledger_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using state::Figure;
using testing::HasSubstr;

state::UsageRow hour(std::string start, std::string model, std::uint64_t calls) {
  state::Figures figures;
  figures[Figure::succeeded] = calls;
  figures[Figure::input_tokens] = 100 * calls;
  figures[Figure::output_tokens] = 50 * calls;
  return {{std::move(start), std::move(model)}, figures};
}

/// One key whose lane allows 60 requests a minute: 3,600 an hour.
class LedgerPlan : public testing::Test {
 protected:
  LedgerPlan() {
    keys_.emplace_back().name = "A";
    lanes_.push_back({.model = "gpt",
                      .keys = {"A"},
                      .rooms = {{Dimension::requests_per_minute, LimitSource::reported, 60, 60}}});
  }

  [[nodiscard]] admin::PlanOutcome plan(std::vector<state::UsageRow> hours) const {
    return plan_from_ledger({endpoint_, std::move(hours), keys_, lanes_},
                            {.endpoint = "openai", .wait = std::chrono::milliseconds(500)});
  }

  config::Endpoint endpoint_;
  std::vector<KeyStats> keys_;
  std::vector<LaneStats> lanes_;
};

TEST_F(LedgerPlan, AsksForMoreKeysWhereTheBusiestHourNeedsThem) {
  const auto found =
      plan({hour("2026-11-24T08:00Z", "gpt", 200), hour("2026-11-24T09:00Z", "gpt", 9000)});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->model, "gpt");
  EXPECT_EQ(found->now.keys, 1u);
  EXPECT_GT(found->now.failed_share, 0.3) << "2.5 times as many as the key bears";
  EXPECT_GE(found->keys_needed, 3u);
  EXPECT_EQ(found->curve.back().failed_share, 0);
  EXPECT_THAT(found->assumptions.front(), HasSubstr("2026-11-24T09:00Z"));
}

TEST_F(LedgerPlan, IsContentWithOneKeyForLittleTraffic) {
  const auto found = plan({hour("2026-11-24T09:00Z", "gpt", 300)});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys_needed, 1u);
}

TEST_F(LedgerPlan, SaysWhatItLacks) {
  const auto few = plan({hour("2026-11-24T09:00Z", "gpt", 99)});
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().code, "not_enough_data");
  EXPECT_THAT(few.error().message, HasSubstr("99 requests"));
  const auto unlimited = plan({hour("2026-11-24T09:00Z", "other", 500)});
  ASSERT_FALSE(unlimited);
  EXPECT_EQ(unlimited.error().code, "no_limits_known");
}

}  // namespace
}  // namespace keypool::cli
