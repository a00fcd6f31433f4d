// Which answers cost tokens, and how many.
#include <string>

#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

const std::string kUsage = R"({"usage":{"prompt_tokens":12,"completion_tokens":5}})";

TEST(Counting, OnlyModelCallsUseTokens) {
  const struct {
    const char* name;
    std::string request;
    std::uint64_t input;
  } rows[] = {
      {"a call", kChat, 12},
      {"a stored response read again",
       "GET /openai/v1/responses/resp_1 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
      {"a response cancelled", post("/openai/v1/responses/resp_1/cancel", ""), 0},
      {"tokens counted", post("/openai/v1/messages/count_tokens?beta=true", R"({"model":"m"})"), 0},
      {"tokens counted by Gemini", post("/openai/v1beta/models/m:countTokens", "{}"), 0},
      {"something deleted", "DELETE /openai/v1/files/file-1 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(always(json_answer(200, kUsage)));
    RunningGateway gateway(upstream.port());

    EXPECT_EQ(gateway.call(row.request).status(), 200) << row.name;

    ASSERT_TRUE(gateway.idle()) << row.name;
    EXPECT_EQ(gateway.key(0).total_input_tokens, row.input) << row.name;
    EXPECT_EQ(gateway.key(0).successes, 1u) << row.name;
  }
}

TEST(Counting, WithoutAReportTheRequestsOwnEstimateStands) {
  ScriptedUpstream upstream(always(json_answer(200, R"({"id":"x"})")));
  RunningGateway gateway(upstream.port());
  const std::string text(4000, 'x');

  gateway.call(post("/openai/v1/chat/completions",
                    R"({"model":"m","messages":[{"role":"user","content":")" + text + R"("}]})"));

  ASSERT_TRUE(gateway.idle());
  EXPECT_NEAR(static_cast<double>(gateway.key(0).total_input_tokens), 1000, 20);
}

// The provider has done the work, and will have it paid.
TEST(Counting, AStreamThatBreaksOffIsCountedAsFarAsItCame) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 5000\r\n\r\n");
    wire.send("data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(300, 'x') +
              "\"}}]}\n\n");
  });
  RunningGateway gateway(upstream.port());

  EXPECT_FALSE(
      gateway.call(post("/openai/v1/chat/completions", R"({"model":"m","stream":true})")).whole);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).successes, 0u);
  EXPECT_EQ(gateway.key(0).failures, 1u);
  EXPECT_EQ(gateway.key(0).total_output_tokens, 100u);
}

TEST(Counting, AKeyRestsWhenWhatItCostReachesItsCap) {
  const KeyOptions a_dollar_a_day{.caps = {.micro_usd_per_day = 1'000'000}};
  // At 2.50 USD per million input tokens.
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"usage":{"prompt_tokens":250000,"completion_tokens":0}})")));
  RunningGateway gateway(
      upstream.port(), {.configure = [&](config::Config& config) {
        config.endpoints.front().keys.push_back({.name = "K0", .options = a_dollar_a_day});
      }});
  gateway.pool().configure_key("openai", "K0", a_dollar_a_day);
  const auto call = post("/openai/v1/chat/completions", R"({"model":"gpt-4o"})");

  EXPECT_EQ(gateway.call(call).status(), 200);
  EXPECT_EQ(gateway.call(call).status(), 200);
  EXPECT_EQ(gateway.call(call).status(), 429) << "1.25 USD are spent";
}

}  // namespace
}  // namespace keypool::gateway::testing
