// Row 60: a stream that began with 200 and is refused before any content moves to another key, and
// the client sees nothing of it. After content it is the client's, error and all.
#include <ostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using enum Dialect;
using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  std::string name;
  Dialect dialect;
  std::string said;
  std::string error;  ///< a word of it that the client must not see
  bool lane_rests;    ///< else no key is blamed
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class StreamRefused : public ::testing::TestWithParam<Row> {};

http::Fetch question_of(const Row& row) {
  auto fetch = question(row.dialect, Ask::stream);
  if (row.said.find("response_stream") == row.said.npos) return fetch;
  fetch.target = row.dialect == azure_openai ? "/openai/v1/responses" : "/v1/responses";
  fetch.body = R"({"model":"lab-model","input":"12345678","stream":true})";
  return fetch;
}

TEST_P(StreamRefused, BeforeContentMovesUnseen) {
  const Row& row = GetParam();
  lab::Fault fault = says(row.said, row.lane_rests ? "a" : "*");
  if (!row.lane_rests) fault.last_call = 1;
  const Stage stage({.dialect = row.dialect, .scenario = {.faults = {fault}}});

  const auto answer = stage.call(question_of(row));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  EXPECT_THAT(answer.body, Not(HasSubstr(row.error)));
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.resting_lane("a").has_value(), row.lane_rests);
  EXPECT_EQ(stage.key("b").state, KeyState::ready);
  if (row.lane_rests) return;
  for (const auto* name : {"a", "twin"}) EXPECT_EQ(stage.key(name).state, KeyState::ready) << name;
}

INSTANTIATE_TEST_SUITE_P(
    Row60, StreamRefused,
    ::testing::Values(
        Row{"Chat", openai, "openai.chat_stream_error_first", "The server had an error", false},
        Row{"Responses", openai, "openai.response_stream_refused_first", "rate_limit_exceeded",
            true},
        Row{"Azure", azure_openai, "azure.refused_response_stream", "rate_limit_exceeded", true},
        Row{"OpenRouter", openai, "openrouter.stream_error_first", "Provider disconnected", false},
        Row{"Anthropic", anthropic, "anthropic.stream_overloaded_first", "Overloaded", false},
        Row{"Gemini", gemini, "gemini.stream_refused_first", "Resource exhausted", true}),
    [](const auto& instance) { return instance.param.name; });

TEST(StreamPreamble, ThatBreaksOffMovesUnseen) {
  for (const auto end : {lab::AnswerEnd::cut, lab::AnswerEnd::reset}) {
    lab::Fault fault = says("anthropic.stream_preamble");
    fault.then = end;
    fault.last_call = 1;
    const Stage stage({.dialect = anthropic, .scenario = {.faults = {fault}}});

    const auto answer = stage.call(question(anthropic, Ask::stream));

    EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
    EXPECT_THAT(answer.body, HasSubstr("message_stop"));
    ASSERT_TRUE(stage.idle());
    EXPECT_EQ(stage.key("a").state, KeyState::ready);
  }
}

TEST(StreamPreamble, OfASlowAnswerReachesTheClientAnyway) {
  lab::Fault fault = says("anthropic.stream_preamble");
  fault.then = lab::AnswerEnd::stall;
  const Stage stage({.dialect = anthropic, .scenario = {.faults = {fault}}});
  auto fetch = question(anthropic, Ask::stream);
  std::string seen;
  fetch.on_body = [&seen](std::string_view piece) {
    seen.append(piece);
    return seen.find("content_block_start") == seen.npos;
  };

  static_cast<void>(stage.try_call(std::move(fetch)));

  EXPECT_THAT(seen, HasSubstr("message_start"));
  EXPECT_EQ(stage.observed("a").calls, 1u);
}

}  // namespace
}  // namespace keypool::conformance
