#include "admin/calls_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

state::CallRecord a_call() {
  state::CallRecord call{.id = 7,
                         .at = WallTime(milliseconds(1'795'525'200'250)),
                         .client = "ci",
                         .endpoint = "openai",
                         .model = "gpt-4.1",
                         .method = "POST",
                         .path = "/openai/v1/chat/completions",
                         .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                         .status = 200,
                         .outcome = "answered",
                         .waited = milliseconds(3),
                         .first_byte = milliseconds(250),
                         .duration = milliseconds(900),
                         .used = {},
                         .tries = {{.key = "A",
                                    .began = milliseconds(3),
                                    .ended = milliseconds(900),
                                    .status = 200,
                                    .verdict = "success",
                                    .why = {}}}};
  call.used[state::Figure::input_tokens] = 12;
  call.used[state::Figure::cost_micro_usd] = 1500;
  return call;
}

TEST(CallJson, TellsACallAndItsAttempts) {
  EXPECT_EQ(call_json(a_call()), json::parse(R"({
    "id": 7, "at": "2026-11-24T13:00:00.250Z", "client": "ci", "endpoint": "openai",
    "model": "gpt-4.1", "method": "POST", "path": "/openai/v1/chat/completions",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "status": 200, "outcome": "answered",
    "waited_ms": 3, "first_byte_ms": 250, "duration_ms": 900, "cost_usd": 0.0015,
    "tokens": {"input": 12, "cached_input": 0, "cache_write": 0, "cache_write_1h": 0,
               "audio_input": 0, "output": 0, "reasoning": 0, "audio_output": 0},
    "attempts": [{"key": "A", "started_ms": 3, "ended_ms": 900, "status": 200,
                  "verdict": "success", "why": ""}]})"));
}

TEST(CallJson, SaysNothingOfAByteThatNeverCame) {
  auto call = a_call();
  call.first_byte.reset();
  EXPECT_EQ(call_json(call)["first_byte_ms"], nullptr);
}

TEST(CallQuestion, TakesNamesAndWhereToGoOn) {
  const auto question = read_call_question(
      "limit=5&before=90&endpoint=e&key=A%5B0%5D&model=m&client=&outcome=broken");
  ASSERT_TRUE(question) << question.error();
  EXPECT_EQ(question->limit, 5u);
  EXPECT_EQ(question->before, 90u);
  EXPECT_EQ(question->endpoint, "e");
  EXPECT_EQ(question->key, "A[0]");
  EXPECT_EQ(question->model, "m");
  EXPECT_EQ(question->client, "");
  EXPECT_EQ(question->outcome, "broken");
}

TEST(CallQuestion, NamesTheParameterThatIsWrong) {
  const struct {
    const char* query;
    const char* says;
  } rows[] = {
      {"limit=0", "`limit` takes a number from 1 to 1000"},
      {"limit=1001", "`limit` takes a number from 1 to 1000"},
      {"before=x", "`before` takes a number from 1"},
      {"outcome=fine", "`outcome` takes one of answered, refused, broken, hung_up"},
  };
  for (const auto& row : rows) {
    const auto question = read_call_question(row.query);
    ASSERT_FALSE(question) << row.query;
    EXPECT_THAT(question.error(), HasSubstr(row.says));
  }
}

TEST(CallsAnswer, AsksForWhatWasAskedFor) {
  WatchedPool watched;
  watched.calls = {a_call()};
  const auto answer = watched.ask("GET", "/api/v1/calls?limit=3&model=gpt-4.1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["calls"].size(), 1u);
  EXPECT_EQ(watched.asked.limit, 3u);
  EXPECT_EQ(watched.asked.model, "gpt-4.1");
}

}  // namespace
}  // namespace keypool::admin
