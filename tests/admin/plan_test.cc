#include "admin/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin/admin.h"
#include "http/client.h"
#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

Plan a_plan() {
  const Plan::Point now{.keys = 2,
                        .p99_wait = milliseconds(1800),
                        .failed_share = 0.25,
                        .rate_limited_per_1000 = 2.5};
  return {.endpoint = "openai",
          .model = "gpt-4.1",
          .wait = milliseconds(500),
          .now = now,
          .keys_needed = 3,
          .curve = {now, {.keys = 3, .p99_wait = milliseconds(90)}},
          .assumptions = {"calls are spread"}};
}

TEST(PlanAnswer, TellsTheCurveAndWhatWasAssumed) {
  const auto answer = plan_answer(a_plan());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({
    "endpoint": "openai", "model": "gpt-4.1", "keys_now": 2, "keys_needed": 3, "wait_ms": 500,
    "p99_wait_ms_now": 1800,
    "now": {"keys": 2, "p99_wait_ms": 1800, "failed_share": 0.25, "rate_limited_per_1000": 2.5},
    "curve": [{"keys": 2, "p99_wait_ms": 1800, "failed_share": 0.25, "rate_limited_per_1000": 2.5},
              {"keys": 3, "p99_wait_ms": 90, "failed_share": 0.0, "rate_limited_per_1000": 0.0}],
    "assumptions": ["calls are spread"]})"));
}

TEST(PlanAnswer, SaysWhyThereIsNone) {
  const auto answer = plan_answer(
      std::unexpected(NoPlan{.code = "not_enough_data", .message = "the ledger holds 3 requests"}));
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(json::parse(answer.body)["error"]["code"], "not_enough_data");
}

TEST(PlanQuestion, NamesTheParameterThatIsWrong) {
  const struct {
    const char* query;
    const char* says;
  } rows[] = {
      {"", "`endpoint` takes an endpoint's name"},
      {"endpoint=e&wait_ms=-1", "`wait_ms` takes a number from 0 to 60000"},
      {"endpoint=e&hours=0", "`hours` takes a number from 1 to 840"},
  };
  for (const auto& row : rows) {
    const auto question = read_plan_question(row.query);
    ASSERT_FALSE(question) << row.query;
    EXPECT_THAT(question.error(), HasSubstr(row.says));
  }
}

class PlanOverHttp : public testing::Test {
 protected:
  http::Answer ask(const std::string& query) {
    Admin admin(watched_.subject());
    EXPECT_TRUE(admin.start());
    auto answer = http::fetch({.port = admin.port(), .target = "/api/v1/plan?" + query});
    EXPECT_TRUE(answer);
    return answer ? *answer : http::Answer{};
  }

  WatchedPool watched_;
};

TEST_F(PlanOverHttp, AnswersWhenThePlanIsMade) {
  watched_.planned = a_plan();
  const auto answer = ask("endpoint=openai");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["keys_needed"], 3);
}

TEST_F(PlanOverHttp, RefusesASecondOneMeanwhile) {
  const auto answer = ask("endpoint=openai");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(json::parse(answer.body)["error"]["code"], "plan_running");
}

TEST_F(PlanOverHttp, NeedsAnEndpointThatThereIs) {
  EXPECT_EQ(ask("endpoint=nowhere").status, 404);
  EXPECT_EQ(ask("").status, 400);
}

}  // namespace
}  // namespace keypool::admin
