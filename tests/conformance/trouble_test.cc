// How a provider may fail on the wire, what its client sees of it, and that no key is blamed.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using namespace std::chrono_literals;
using http::FetchErrorKind;
using lab::Fault;
using lab::FaultKind;
using lab::FaultPoint;
using enum Dialect;

lab::Scenario struck_by(Fault fault) { return {.faults = {std::move(fault)}}; }

void expect_no_key_blamed(const Stage& stage) {
  ASSERT_TRUE(stage.idle());
  for (const auto* name : {"a", "twin", "b"}) {
    EXPECT_EQ(stage.key(name).state, KeyState::ready) << name;
    EXPECT_EQ(stage.key(name).rate_limits, 0u) << name;
    EXPECT_FALSE(stage.resting_lane(name)) << name;
  }
}

struct Break {
  std::string name;
  Fault fault;
};

void PrintTo(const Break& row, std::ostream* out) { *out << row.name; }

// Row 55 of the decision table: nothing has been answered yet.

class BeforeTheHead : public ::testing::TestWithParam<Break> {};

TEST_P(BeforeTheHead, AnotherTryServes) {
  Fault fault = GetParam().fault;
  fault.last_call = 1;
  const Stage stage({.scenario = struck_by(fault)});

  const auto answer = stage.call(question(openai));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  expect_no_key_blamed(stage);
}

TEST_P(BeforeTheHead, TheCallerIsToldWhenEveryTryFails) {
  const Stage stage({.scenario = struck_by(GetParam().fault), .attempts = 2});

  const auto answer = stage.call(question(openai));

  EXPECT_EQ(answer.status, 502);
  const auto error = nlohmann::json::parse(answer.body)["error"];
  EXPECT_EQ(error["type"], "keypool_error");
  EXPECT_EQ(error["code"], "upstream_unreachable");
  expect_no_key_blamed(stage);
}

INSTANTIATE_TEST_SUITE_P(Row55, BeforeTheHead,
                         ::testing::Values(Break{"Reset", {.kind = FaultKind::reset}},
                                           Break{"Close", {.kind = FaultKind::cut}},
                                           Break{"Garbage", {.kind = FaultKind::garbage}}),
                         [](const auto& instance) { return instance.param.name; });

class AfterTheHead : public ::testing::TestWithParam<Break> {};

/// What came may not pass for the whole, streamed or not.
TEST_P(AfterTheHead, TheClientSeesTheBreak) {
  for (const Ask ask : {Ask::plain, Ask::stream}) {
    const Stage stage({.scenario = struck_by(GetParam().fault)});

    const auto answer = stage.try_call(question(openai, ask));

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FetchErrorKind::broken) << answer.error().message;
    expect_no_key_blamed(stage);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fixture12, AfterTheHead,
    ::testing::Values(
        Break{"ResetInTheMiddle", {.kind = FaultKind::reset, .at = FaultPoint::mid_body}},
        Break{"CloseInTheMiddle", {.kind = FaultKind::cut, .at = FaultPoint::mid_body}}),
    [](const auto& instance) { return instance.param.name; });

TEST(Trouble, Fixture12SlowBodyComesWhole) {
  const Stage stage({.scenario = {.pace = {.tokens_from = 10, .tokens_to = 10}}});
  auto fetch = question(openai, Ask::stream);
  fetch.headers.push_back({"x-lab-first-token", "20ms"});
  fetch.headers.push_back({"x-lab-tokens-per-second", "200"});

  const auto answer = stage.call(std::move(fetch));

  EXPECT_TRUE(answer.body.ends_with("data: [DONE]\n\n"));
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.key("a").total_output_tokens, 10u);
}

TEST(Trouble, Fixture12SilenceEndsWhenItsTimeIsUp) {
  const Stage stage({.dialect = anthropic,
                     .scenario = struck_by({.kind = FaultKind::stall}),
                     .attempts = 1,
                     .first_byte_time = 100ms});

  const auto answer = stage.call(question(anthropic));

  EXPECT_EQ(answer.status, 504);
  const auto error = nlohmann::json::parse(answer.body)["error"];
  EXPECT_EQ(error["type"], "keypool_error");
  EXPECT_EQ(error["code"], "upstream_timeout");
  expect_no_key_blamed(stage);
}

TEST(Trouble, Fixture12InterimAnswersPrecedeTheAnswer) {
  const Stage stage(
      {.scenario = struck_by({.kind = FaultKind::raw,
                              .raw = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
                                     "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                                     "content-length: 2\r\n\r\n{}"})});

  const auto answer = stage.call(question(openai));

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  expect_no_key_blamed(stage);
}

TEST(Trouble, Row48AConflictIsTriedOnceMoreWithTheSameAccount) {
  Fault fault = says("openai.conflict");
  fault.last_call = 1;
  const Stage stage({.scenario = struck_by(fault)});

  const auto answer = stage.call(question(openai));

  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  ASSERT_TRUE(stage.idle());
  EXPECT_EQ(stage.observed("a").calls + stage.observed("twin").calls, 2u);
  EXPECT_EQ(stage.observed("b").calls, 0u) << "another account's";
}

TEST(Trouble, Row59AClientThatLeavesCostsTheKeyNothing) {
  const Stage stage({.scenario = {.pace = {.tokens_from = 1000, .tokens_to = 1000}}});
  auto fetch = question(openai, Ask::stream);
  fetch.headers.push_back({"x-lab-tokens-per-second", "50"});
  fetch.on_body = [](std::string_view) { return false; };

  static_cast<void>(stage.try_call(std::move(fetch)));

  expect_no_key_blamed(stage);
  EXPECT_EQ(stage.key("a").failures, 0u);
}

}  // namespace
}  // namespace keypool::conformance
