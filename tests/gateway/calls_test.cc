// What is remembered of calls, and how long things took.
#include <atomic>
#include <chrono>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::uint64_t how_many(const Distribution& times) {
  return std::accumulate(times.counts.begin(), times.counts.end(), std::uint64_t{0});
}

TEST(RecentCalls, TellWhatBecameOfEachTry) {
  ByKey provider({{"sk-0", kThrottled}, {"sk-1", kThrottled}});
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 3});

  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  const auto& call = calls.front();
  EXPECT_EQ(call.endpoint, "openai");
  EXPECT_EQ(call.model, "m");
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.outcome, "answered");
  EXPECT_TRUE(call.first_byte.has_value());
  ASSERT_EQ(call.tries.size(), 3u);
  EXPECT_EQ(call.tries[0].key, "K0");
  EXPECT_EQ(call.tries[0].status, 429);
  EXPECT_EQ(call.tries[0].verdict, "throttled");
  EXPECT_NE(call.tries[0].why, "");
  EXPECT_EQ(call.tries[2].key, "K2");
  EXPECT_EQ(call.tries[2].verdict, "success");
  EXPECT_LE(call.tries[1].ended, call.tries[2].began);
  EXPECT_EQ(gateway.gateway().counters().of("openai").retries_after(TryEnd::throttled), 2u);
}

TEST(RecentCalls, AddUpWhatTheTriesUsed) {
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"usage":{"prompt_tokens":12,"completion_tokens":5}})")));
  RunningGateway gateway(upstream.port());
  gateway.call(kChat);
  ASSERT_TRUE(gateway.idle());
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].used[state::Figure::input_tokens], 12u);
  EXPECT_EQ(calls[0].used[state::Figure::output_tokens], 5u);
}

TEST(RecentCalls, HoldNeitherQueryNorSecretNorBody) {
  ScriptedUpstream upstream(always(json_answer(400, R"({"error":{"message":"sk-0 is a key"}})")));
  RunningGateway gateway(upstream.port());
  gateway.call(post("/openai/v1/chat/completions?key=sk-client", R"({"model":"m","x":"prompt"})"));
  ASSERT_TRUE(gateway.idle());
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].path, "/openai/v1/chat/completions");
  ASSERT_EQ(calls[0].tries.size(), 1u);
  EXPECT_EQ(calls[0].tries[0].verdict, "request_fault");
  EXPECT_THAT(calls[0].tries[0].why, Not(HasSubstr("sk-")));
}

TEST(RecentCalls, TellOfOneThatWentNowhere) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  gateway.call(post("/nowhere/x", "{}"));
  ASSERT_TRUE(gateway.idle());
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].endpoint, "");
  EXPECT_EQ(calls[0].outcome, "refused");
  EXPECT_EQ(calls[0].status, 404);
}

TEST(RecentCalls, TellOfAProviderThatCannotBeReached) {
  ScriptedUpstream upstream([](Wire&) {});
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().attempts = 1;
                         }});
  gateway.call(kChat);
  ASSERT_TRUE(gateway.idle());
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].outcome, "refused");
  ASSERT_FALSE(calls[0].tries.empty());
  EXPECT_EQ(calls[0].tries.back().verdict, "unreachable");
  EXPECT_EQ(calls[0].tries.back().status, 0);
}

TEST(RecentCalls, NameTheTraceWhichIsPassedOnAsItCame) {
  std::atomic<bool> passed_on{false};
  ScriptedUpstream upstream([&](Wire& wire) {
    while (const auto request = wire.read()) {
      passed_on = request->header("traceparent") == kTraceparent;
      wire.send(json_answer(200, "{}"));
    }
  });
  RunningGateway gateway(upstream.port());
  gateway.call(post("/openai/v1/chat/completions", R"({"model":"m"})",
                    std::string("traceparent: ") + kTraceparent + "\r\n"));
  ASSERT_TRUE(gateway.idle());
  EXPECT_TRUE(passed_on);
  const auto calls = gateway.gateway().calls({});
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(TimesOfCalls, AreCountedOnceForEach) {
  ByKey provider({{"sk-0", kThrottled}});
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 2});

  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  const auto times = gateway.gateway().counters().times_of("openai");
  EXPECT_EQ(how_many(times.lease_wait), 2u) << "a wait for each key";
  EXPECT_EQ(how_many(times.upstream), 1u) << "the request that succeeded";
  EXPECT_EQ(how_many(times.first_byte), 1u);
}

}  // namespace
}  // namespace keypool::gateway::testing
