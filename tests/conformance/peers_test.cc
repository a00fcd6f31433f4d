// What users of other gateways have complained about, as tests: none of it happens here.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using namespace std::chrono_literals;
using enum Dialect;

Stage struck_by(Dialect dialect, std::vector<lab::Fault> faults, int attempts = 3) {
  return Stage(
      {.dialect = dialect, .scenario = {.faults = std::move(faults)}, .attempts = attempts});
}

void expect_all_ready(const Stage& stage) {
  ASSERT_TRUE(stage.idle());
  for (const auto* name : {"a", "twin", "b"}) {
    EXPECT_EQ(stage.key(name).state, KeyState::ready) << name;
    EXPECT_FALSE(stage.resting_lane(name)) << name;
  }
}

// "A key at its daily limit stays in rotation or is struck out."
TEST(Peers, ADailyLimitRestsUntilTheProvidersMidnight) {
  const auto stage = struck_by(gemini, {says("gemini.per_day", "a")});
  const auto before = system_clock().wall();

  EXPECT_EQ(stage.call(question(gemini)).header("x-keypool-key"), "b");

  ASSERT_TRUE(stage.idle());
  const auto lane = stage.resting_lane("a");
  ASSERT_TRUE(lane && lane->until);
  EXPECT_GT(*lane->until, before + 60s) << "the short delay that comes with it means nothing";
  EXPECT_NE(stage.key("a").state, KeyState::invalid);
  EXPECT_EQ(stage.call(question(gemini)).header("x-keypool-attempts"), "1");
  EXPECT_EQ(stage.observed("a").calls, 1u) << "asked again though it rests";
}

// "503 overloaded strikes out good keys."
TEST(Peers, AnOverloadedProviderStrikesOutNoKey) {
  const auto stage = struck_by(openai, {says("openai.overloaded")});
  for (int i = 0; i < 4; ++i) EXPECT_GE(stage.call(question(openai)).status, 500);
  expect_all_ready(stage);
}

// "403 suspended must take the key out at once."
TEST(Peers, ASuspendedKeyIsOutAtOnce) {
  const auto stage = struck_by(gemini, {says("gemini.consumer_suspended", "a")});

  EXPECT_EQ(stage.call(question(gemini)).status, 200);

  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").state, KeyState::invalid);
  EXPECT_EQ(stage.observed("a").calls, 1u);
}

// "Limits are per key and model."
TEST(Peers, ALimitOnOneModelLeavesTheOthers) {
  const auto stage = struck_by(openai, {says("openai.rate_limit_in_seconds", "a")});
  EXPECT_EQ(stage.call(question(openai)).header("x-keypool-key"), "b");
  EXPECT_NE(stage.call(question(openai, Ask::plain, "another")).header("x-keypool-key"), "b");
}

// "Retries ignore retry_after."
TEST(Peers, AHintDecidesHowLongALaneRests) {
  const auto stage = struck_by(anthropic, {says("anthropic.rate_limit", "a")});
  const auto before = system_clock().wall();

  EXPECT_EQ(stage.call(question(anthropic)).status, 200);

  const auto lane = stage.resting_lane("a");
  ASSERT_TRUE(lane && lane->until);
  EXPECT_GT(*lane->until, before + 32s);
}

// "Wait for the first to come back from its cooldown instead of failing."
TEST(Peers, ACallWaitsForTheFirstKeyToComeBack) {
  lab::Fault fault = says("gemini.per_minute_in_ms");  // 0.29 s
  fault.last_call = 3;
  const Stage stage({.dialect = gemini, .scenario = {.faults = {fault}}, .max_wait = 10s});

  EXPECT_EQ(stage.call(question(gemini)).status, 200);
}

// "None available is reported as something other than 429."
TEST(Peers, NoKeyWithRoomIs429) {
  for (const Dialect dialect : {openai, anthropic, gemini}) {
    lab::Fault fault{.error = lab::ErrorKind::rate_limit};
    const auto stage = struck_by(dialect, {fault});
    EXPECT_EQ(stage.call(question(dialect)).status, 429);
    EXPECT_EQ(stage.call(question(dialect)).status, 429);
  }
}

// "Rotation is bounded by a retry count: calls fail while healthy keys stand unused."
TEST(Peers, SteppingPastAKeyCostsNoAttempt) {
  const auto stage = struck_by(
      openai, {says("openai.invalid_api_key", "a"), says("openai.rate_limit_in_seconds", "twin")},
      1);

  const auto answer = stage.call(question(openai));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("x-keypool-key"), "b");
}

// "Dead and limited keys must be remembered apart."
TEST(Peers, DeadLimitedAndEmptyKeysAreToldApart) {
  const auto stage = struck_by(
      openai, {says("openai.invalid_api_key", "a"), says("openai.rate_limit_in_seconds", "twin"),
               says("openai.insufficient_quota", "b")});
  EXPECT_NE(stage.call(question(openai)).status, 200);

  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").state, KeyState::invalid);
  EXPECT_EQ(stage.key("b").state, KeyState::depleted);
  EXPECT_EQ(stage.key("twin").rate_limits, 1u);
  EXPECT_EQ(stage.key("twin").state, KeyState::cooling);
}

// "The cooldown is written, but enforced only every ten seconds."
TEST(Peers, ACooldownActsAtOnce) {
  const auto stage = struck_by(openai, {says("openai.rate_limit_in_seconds", "a")});

  EXPECT_EQ(stage.call(question(openai)).header("x-keypool-attempts"), "2");
  EXPECT_EQ(stage.call(question(openai)).header("x-keypool-attempts"), "1");

  EXPECT_EQ(stage.observed("a").calls, 1u);
}

// "25 consecutive 500s leave a deployment in full rotation."
TEST(Peers, AProviderThatFailsEveryCallIsNotAskedEveryTime) {
  const auto stage = struck_by(openai, {{.error = lab::ErrorKind::server_error}}, 1);

  for (int i = 0; i < 25; ++i) EXPECT_GE(stage.call(question(openai)).status, 500);

  const auto calls =
      stage.observed("a").calls + stage.observed("twin").calls + stage.observed("b").calls;
  EXPECT_LE(calls, 15u);
  expect_all_ready(stage);
}

// "One random 502 takes a channel out."
TEST(Peers, OneBadGatewayTakesNothingOut) {
  lab::Fault fault = says("edge.bad_gateway");
  fault.last_call = 1;
  const auto stage = struck_by(openai, {fault});

  EXPECT_EQ(stage.call(question(openai)).status, 200);
  EXPECT_EQ(stage.call(question(openai)).status, 200);

  expect_all_ready(stage);
}

// "Streamed usage is lost when the client hangs up before or right at the last event."
TEST(Peers, AClientThatLeavesEarlyPaysForNoLessThanItSaw) {
  const Stage stage({.scenario = {.pace = {.tokens_from = 1000, .tokens_to = 1000}}});
  auto fetch = question(openai, Ask::stream);
  fetch.headers.push_back({"x-lab-tokens-per-second", "200"});
  std::uint64_t seen = 0;
  fetch.on_body = [&seen](std::string_view piece) {
    for (auto at = piece.find(R"("content":")"); at != piece.npos;
         at = piece.find(R"("content":")", at + 1)) {
      ++seen;
    }
    return seen < 20;
  };

  static_cast<void>(stage.try_call(std::move(fetch)));

  ASSERT_TRUE(stage.idle());
  EXPECT_GE(stage.key("a").total_output_tokens, seen - 1) << "the first piece is empty";
  EXPECT_GT(stage.key("a").total_input_tokens, 0u);
}

// "… the usage event is never asked for."
TEST(Peers, UsageIsAskedForAndTheEventTakenOutAgain) {
  const Stage stage({});
  auto fetch = question(openai);
  fetch.body.insert(1, R"("stream":true,)");

  const auto answer = stage.call(std::move(fetch));

  EXPECT_EQ(answer.body.find(R"("choices":[])"), std::string::npos);
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").total_output_tokens, stage.observed("a").output_tokens);
}

// "… the final event comes without a blank line; cached tokens are dropped."
TEST(Peers, AnUnfinishedLastEventAndCachedTokensAreCounted) {
  for (const auto* name : {"openai.chat_stream_without_last_blank_line", "deepseek.chat_stream"}) {
    const auto stage = struck_by(openai, {says(name)});
    EXPECT_EQ(stage.call(question(openai, Ask::stream)).status, 200);
    ASSERT_TRUE(stage.idle());
    EXPECT_EQ(stage.key("a").total_input_tokens, 42u) << name;
    EXPECT_EQ(stage.key("a").total_output_tokens, 7u) << name;
  }
  const auto stage = struck_by(anthropic, {says("anthropic.stream")});
  EXPECT_EQ(stage.call(question(anthropic, Ask::stream)).status, 200);
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").total_input_tokens, 2012u) << "12 of them not from the cache";
}

}  // namespace
}  // namespace keypool::conformance
