// What answers tell about limits and accounts reaches the pool.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

LaneStats lane_of(RunningGateway& gateway, const std::string& key) {
  for (const auto& lane : gateway.pool().lanes("openai")) {
    if (std::ranges::find(lane.keys, key) != lane.keys.end()) return lane;
  }
  return {};
}

TEST(ToldLimits, AreTheLanes) {
  ScriptedUpstream upstream(always(
      json_answer(200, "{}",
                  "x-ratelimit-limit-tokens: 30000\r\nx-ratelimit-remaining-tokens: 12000\r\n"
                  "x-ratelimit-reset-tokens: 36s\r\n")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_FALSE(answer.has("x-ratelimit-limit-tokens")) << "they are one hidden key's";
  ASSERT_TRUE(gateway.idle());
  const auto lane = lane_of(gateway, "K0");
  EXPECT_EQ(lane.model, "m");
  ASSERT_EQ(lane.rooms.size(), 1u);
  EXPECT_EQ(lane.rooms[0].dimension, Dimension::tokens_per_minute);
  EXPECT_EQ(lane.rooms[0].source, LimitSource::reported);
  EXPECT_EQ(lane.rooms[0].limit, 30'000u);
}

TEST(ToldLimits, ALaneWithNothingLeftIsPassedOver) {
  ByKey provider({{"sk-0", json_answer(200, "{}",
                                       "x-ratelimit-limit-requests: 100\r\n"
                                       "x-ratelimit-remaining-requests: 0\r\n"
                                       "x-ratelimit-reset-requests: 60s\r\n")}});
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 2});

  for (int call = 0; call < 6; ++call) EXPECT_EQ(gateway.call(kChat).status(), 200);

  EXPECT_LE(provider.seen("sk-0"), 1);
}

TEST(ToldLimits, KeysOfOneOrganizationShareTheirLimits) {
  ByKey provider({}, json_answer(200, "{}", "openai-organization: org-1\r\n"));
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 2});

  while (provider.seen("sk-0") == 0 || provider.seen("sk-1") == 0) {
    ASSERT_EQ(gateway.call(kChat).status(), 200);
  }

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(lane_of(gateway, "K0").keys.size(), 2u);
}

TEST(ToldLimits, ARefusalsTextNamesTheOrganizationToo) {
  const auto throttled = json_answer(
      429,
      R"({"error":{"message":"Rate limit reached for m in organization org-abc123 on tokens per )"
      R"(min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens",)"
      R"("code":"rate_limit_exceeded"}})");
  ScriptedUpstream upstream(always(throttled));
  RunningGateway gateway(upstream.port(), {.keys = 2});

  EXPECT_EQ(gateway.call(kChat).status(), 429);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(lane_of(gateway, "K0").keys.size(), 2u);
}

}  // namespace
}  // namespace keypool::gateway::testing
