// Anthropic's shapes over a real socket.
#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

http::Fields with_key(const char* key = "sk-demo-a") {
  return {{"x-api-key", key}, {"anthropic-version", "2023-06-01"}};
}

http::Fetch message(const char* more = "", const char* key = "sk-demo-a") {
  return post(
      "/v1/messages",
      R"({"model":"claude-x","max_tokens":100,"system":"1234","messages":[{"role":"user","content":[{"type":"text","text":"5678"}]}])" +
          std::string(more) + "}",
      with_key(key));
}

TEST(Anthropic, AnswersAMessageWhole) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(message());

  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.header("request-id"));
  const json body = json_of(answer);
  EXPECT_EQ(body["type"], "message");
  EXPECT_EQ(body["role"], "assistant");
  EXPECT_EQ(body["content"][0]["type"], "text");
  EXPECT_EQ(body["content"][0]["text"].get<std::string>().size(), 32u);
  EXPECT_EQ(body["stop_reason"], "end_turn");
  EXPECT_EQ(body["usage"]["input_tokens"], 2);
  EXPECT_EQ(body["usage"]["output_tokens"], 8);
}

TEST(Anthropic, StreamsAMessageWithAPingAndCumulativeUsage) {
  auto scenario = one_key();
  scenario.pace = {.tokens_from = 2, .tokens_to = 2};
  RunningProvider provider(std::move(scenario));

  const auto events = events_of(provider.call(message(R"(,"stream":true)")).body);

  std::vector<std::string> names;
  for (const Event& event : events) {
    names.push_back(event.name);
    EXPECT_EQ(data_of(event)["type"], event.name);
  }
  EXPECT_THAT(names, ElementsAre("message_start", "content_block_start", "ping",
                                 "content_block_delta", "content_block_delta", "content_block_stop",
                                 "message_delta", "message_stop"));
  EXPECT_EQ(data_of(events[0])["message"]["usage"]["input_tokens"], 2);
  EXPECT_EQ(data_of(events[3])["delta"]["text"].get<std::string>().size(), 4u);
  EXPECT_EQ(data_of(events[6])["delta"]["stop_reason"], "end_turn");
  EXPECT_EQ(data_of(events[6])["usage"]["output_tokens"], 2);
}

TEST(Anthropic, CountsTokensWithoutCharge) {
  RunningProvider provider(
      with_keys({{.name = "a", .secret = "sk-demo-a", .limits = {{"*", {.rpm = 1}}}}}));
  for (int i = 0; i < 3; ++i) {
    const auto answer = provider.call(post(
        "/v1/messages/count_tokens",
        R"({"model":"claude-x","messages":[{"role":"user","content":"123456789"}]})", with_key()));
    EXPECT_EQ(json_of(answer), json({{"input_tokens", 3}}));
  }
}

TEST(Anthropic, ListsModelsInItsOwnShape) {
  RunningProvider provider(one_key());

  const json list = json_of(provider.call(get("/v1/models", with_key())));

  EXPECT_EQ(list["data"][0]["type"], "model");
  EXPECT_EQ(list["has_more"], false);
  EXPECT_EQ(list["first_id"], list["data"][0]["id"]);
}

TEST(Anthropic, RefusesAnUnknownKey) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(message("", "sk-nobody"));

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(json_of(answer)["type"], "error");
  EXPECT_EQ(json_of(answer)["error"]["type"], "authentication_error");
  EXPECT_TRUE(json_of(answer).contains("request_id"));
}

TEST(Anthropic, NeedsACap) {
  RunningProvider provider(one_key());

  const auto answer =
      provider.call(post("/v1/messages", R"({"model":"m","messages":[]})", with_key()));

  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(json_of(answer)["error"]["message"].get<std::string>(), HasSubstr("max_tokens"));
}

TEST(Anthropic, TellsLimitsWithTheTimeTheyAreFullAndItsOrganization) {
  RunningProvider provider(
      with_keys({{.name = "a",
                  .secret = "sk-demo-a",
                  .organization = "org-one",
                  .limits = {{"*", {.rpm = 60, .input_tpm = 60'000, .output_tpm = 6'000}}}}}));

  const auto answer = provider.call(message());

  EXPECT_EQ(answer.header("anthropic-organization-id"), "org-one");
  EXPECT_EQ(answer.header("anthropic-ratelimit-requests-limit"), "60");
  EXPECT_EQ(answer.header("anthropic-ratelimit-requests-remaining"), "59");
  EXPECT_EQ(answer.header("anthropic-ratelimit-requests-reset"), "2026-09-21T15:13:21Z");
  EXPECT_EQ(answer.header("anthropic-ratelimit-input-tokens-remaining"), "60000");
  EXPECT_EQ(answer.header("anthropic-ratelimit-output-tokens-limit"), "6000");
  EXPECT_EQ(answer.header("anthropic-ratelimit-tokens-limit"), std::nullopt);
}

TEST(Anthropic, RefusesAboveALimitWithAHint) {
  RunningProvider provider(
      with_keys({{.name = "a", .secret = "sk-demo-a", .limits = {{"*", {.rpm = 1}}}}}));
  EXPECT_EQ(provider.call(message()).status, 200);

  const auto answer = provider.call(message());

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "60");
  EXPECT_EQ(answer.header("anthropic-ratelimit-requests-remaining"), "0");
  EXPECT_EQ(json_of(answer)["error"]["type"], "rate_limit_error");
}

}  // namespace
}  // namespace keypool::lab
