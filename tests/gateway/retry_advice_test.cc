// What a client is told that its own retry would do.
#include "gateway/retry_advice.h"

#include <atomic>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using provider::VerdictKind;
using ::testing::HasSubstr;
using ::testing::Not;

provider::Verdict judged(VerdictKind kind,
                         std::optional<std::chrono::milliseconds> retry_after = std::nullopt) {
  provider::Verdict verdict;
  verdict.kind = kind;
  verdict.retry_after = retry_after;
  return verdict;
}

provider::Verdict too_large() {
  auto verdict = judged(VerdictKind::request_fault);
  verdict.larger_lane_may_serve = true;
  return verdict;
}

TEST(RetryAdvice, FollowsFromHowTheTriesEnded) {
  const struct {
    const char* name;
    int status;
    provider::Verdict verdict;
    TriesEnd end;
    const char* should_retry;  // empty: the provider's own headers stand
    std::optional<std::chrono::milliseconds> after = std::nullopt;
  } rows[] = {
      {"tried out", 500, judged(VerdictKind::server_error), {.exhausted = true}, "false"},
      {"tried out, with a hint",
       503,
       judged(VerdictKind::overloaded, 4s),
       {.exhausted = true},
       "false",
       4s},
      {"asked to come later than a call waits",
       503,
       judged(VerdictKind::overloaded, 30s),
       {},
       "true",
       30s},
      {"asked to come much later", 503, judged(VerdictKind::overloaded, 300s), {}, "false"},
      {"no credit left, nor a key", 429, judged(VerdictKind::depleted), {}, "false"},
      {"no credit left, a key opens soon",
       429,
       judged(VerdictKind::depleted),
       {.opens = 7s},
       "true",
       7s},
      {"no credit left, a probe in a quarter of an hour",
       429,
       judged(VerdictKind::depleted),
       {.opens = 900s},
       "false"},
      {"limited", 429, judged(VerdictKind::throttled, 9s), {}, "true", 9s},
      {"too large for every key", 429, too_large(), {}, "false"},
      {"a request that can be sent by its client only",
       429,
       judged(VerdictKind::throttled, 9s),
       {.once_only = true},
       "true"},
      {"the same, and the provider fails",
       502,
       judged(VerdictKind::overloaded),
       {.once_only = true},
       "true"},
      {"a conflict", 409, judged(VerdictKind::request_fault), {}, ""},
      {"a mistake", 400, judged(VerdictKind::request_fault), {}, ""},
      {"a refused key", 401, judged(VerdictKind::bad_key), {}, ""},
      {"a success", 200, judged(VerdictKind::success), {}, ""},
  };
  for (const auto& row : rows) {
    const auto advice = advice_on(row.status, row.verdict, row.end);
    const std::string told = !advice || !advice->should_retry ? ""
                             : *advice->should_retry          ? "true"
                                                              : "false";
    EXPECT_EQ(told, row.should_retry) << row.name;
    EXPECT_EQ(advice ? advice->after : std::nullopt, row.after) << row.name;
  }
}

TEST(RetryAdvice, AProviderThatFailsEveryTryIsTriedNoMore) {
  std::atomic<int> calls = 0;
  ScriptedUpstream upstream([&calls](Wire& wire) {
    while (wire.read()) {
      ++calls;
      wire.send(json_answer(500, "{}", "x-should-retry: true\r\nretry-after-ms: 10\r\n"));
    }
  });
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 500);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(answer.headers.count("x-should-retry"), 1u) << "the provider's is replaced";
  EXPECT_EQ(answer.header("x-should-retry"), "false");
  EXPECT_FALSE(answer.has("retry-after-ms"));
}

TEST(RetryAdvice, AProviderThatAsksForPatienceIsComeBackTo) {
  ScriptedUpstream upstream(always(json_answer(503, "{}", "Retry-After: 20\r\n")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "1");
  EXPECT_EQ(answer.header("x-should-retry"), "true");
  EXPECT_EQ(answer.header("retry-after"), "20");
}

TEST(RetryAdvice, NothingIsMadeTwiceByAClientEither) {
  ScriptedUpstream upstream([](Wire& wire) { wire.read(); });
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(post("/openai/v1/batches", "{}"));

  EXPECT_EQ(answer.status(), 502);
  EXPECT_EQ(answer.header("x-should-retry"), "false");
}

TEST(RetryAdvice, AnEmptyPurseIsNotAskedAgain) {
  ScriptedUpstream upstream(always(kNoCredit));
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 429);
  EXPECT_THAT(answer.body, HasSubstr("insufficient_quota"));
  EXPECT_EQ(answer.header("x-should-retry"), "false");
}

TEST(RetryAdvice, WhatOpensLaterThanSdksWaitIsNotWaitedFor) {
  ScriptedUpstream upstream(always(
      json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})", "Retry-After: 7200\r\n")));
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(gateway.call(kChat).header("x-should-retry"), "false");
}

TEST(RetryAdvice, OfTheProvidersOwnStandsWhereNothingWasTried) {
  ScriptedUpstream upstream(
      always(json_answer(409, "{}", "x-should-retry: true\r\nRetry-After: 1\r\n")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 409);
  EXPECT_EQ(answer.header("x-should-retry"), "true");
  EXPECT_EQ(answer.header("retry-after"), "1");
}

}  // namespace
}  // namespace keypool::gateway::testing
