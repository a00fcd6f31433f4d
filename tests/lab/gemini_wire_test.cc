// Gemini's shapes over a real socket.
#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string kQuestion = R"({"contents":[{"role":"user","parts":[{"text":"12345678"}]}])";

http::Fetch generate(const char* verb, const char* query = "", const char* key = "sk-demo-a") {
  return post("/v1beta/models/gemini-x:" + std::string(verb) + query, kQuestion + "}",
              {{"x-goog-api-key", key}});
}

TEST(Gemini, AnswersWhole) {
  RunningProvider provider(one_key());

  const json body = json_of(provider.call(generate("generateContent")));

  EXPECT_EQ(body["candidates"][0]["content"]["role"], "model");
  EXPECT_EQ(body["candidates"][0]["content"]["parts"][0]["text"].get<std::string>().size(), 32u);
  EXPECT_EQ(body["candidates"][0]["finishReason"], "STOP");
  EXPECT_EQ(body["usageMetadata"]["promptTokenCount"], 2);
  EXPECT_EQ(body["usageMetadata"]["candidatesTokenCount"], 8);
  EXPECT_EQ(body["usageMetadata"]["totalTokenCount"], 10);
  EXPECT_EQ(body["modelVersion"], "gemini-x");
}

TEST(Gemini, StreamsEventsWithCarriageReturnsAndNoDone) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(generate("streamGenerateContent", "?alt=sse"));

  EXPECT_EQ(answer.header("content-type"), "text/event-stream");
  const auto events = events_of(answer.body, "\r\n");
  ASSERT_EQ(events.size(), 8 + 1u);
  EXPECT_EQ(
      data_of(events[0])["candidates"][0]["content"]["parts"][0]["text"].get<std::string>().size(),
      4u);
  const json last = data_of(events.back());
  EXPECT_EQ(last["candidates"][0]["finishReason"], "STOP");
  EXPECT_EQ(last["usageMetadata"]["candidatesTokenCount"], 8);
}

TEST(Gemini, StreamsOneArrayInPiecesOtherwise) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(generate("streamGenerateContent"));

  EXPECT_THAT(std::string(*answer.header("content-type")), HasSubstr("application/json"));
  const json pieces = json_of(answer);
  ASSERT_TRUE(pieces.is_array());
  ASSERT_EQ(pieces.size(), 9u);
  EXPECT_EQ(pieces.back()["usageMetadata"]["totalTokenCount"], 10);
}

TEST(Gemini, CutsAtItsOwnCap) {
  RunningProvider provider(one_key());

  const json body =
      json_of(provider.call(post("/v1beta/models/gemini-x:generateContent",
                                 kQuestion + R"(,"generationConfig":{"maxOutputTokens":3}})",
                                 {{"x-goog-api-key", "sk-demo-a"}})));

  EXPECT_EQ(body["candidates"][0]["finishReason"], "MAX_TOKENS");
  EXPECT_EQ(body["usageMetadata"]["candidatesTokenCount"], 3);
}

TEST(Gemini, TakesItsKeyFromTheQuery) {
  RunningProvider provider(one_key());

  const auto answer =
      provider.call(post("/v1beta/models/gemini-x:generateContent?key=sk-demo-a", kQuestion + "}"));

  EXPECT_EQ(answer.status, 200);
}

TEST(Gemini, RefusesTwoCredentials) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(generate("generateContent", "?key=sk-demo-a"));

  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(json_of(answer)["error"]["message"].get<std::string>(),
              HasSubstr("Multiple authentication credentials received"));
}

TEST(Gemini, RefusesAnUnknownKeyWithStatus400) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(generate("generateContent", "", "sk-nobody"));

  EXPECT_EQ(answer.status, 400);
  const json error = json_of(answer)["error"];
  EXPECT_EQ(error["status"], "INVALID_ARGUMENT");
  EXPECT_EQ(error["details"][0]["reason"], "API_KEY_INVALID");
}

TEST(Gemini, PutsAnErrorOfAnArrayStreamInAnArray) {
  RunningProvider provider(one_key());

  const auto answer = provider.call(generate("streamGenerateContent", "", "sk-nobody"));

  EXPECT_EQ(json_of(answer)[0]["error"]["code"], 400);
}

TEST(Gemini, CountsTokensAndListsModels) {
  RunningProvider provider(one_key());

  EXPECT_EQ(json_of(provider.call(generate("countTokens")))["totalTokens"], 2);
  const json list =
      json_of(provider.call(get("/v1beta/models", {{"x-goog-api-key", "sk-demo-a"}})));
  EXPECT_EQ(list["models"][0]["name"], "models/lab-model");
}

struct Exhausted {
  const char* name;
  Limits limits;
  const char* quota;
  const char* delay;
};

void PrintTo(const Exhausted& row, std::ostream* out) { *out << row.name; }

class GeminiLimit : public ::testing::TestWithParam<Exhausted> {};

TEST_P(GeminiLimit, IsToldInTheBodyAlone) {
  RunningProvider provider(
      with_keys({{.name = "a", .secret = "sk-demo-a", .limits = {{"*", GetParam().limits}}}}));
  EXPECT_EQ(provider.call(generate("generateContent")).status, 200);

  const auto answer = provider.call(generate("generateContent"));

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), std::nullopt);
  const json error = json_of(answer)["error"];
  EXPECT_EQ(error["status"], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(error["details"][0]["violations"][0]["quotaId"], GetParam().quota);
  EXPECT_EQ(error["details"][1]["@type"], "type.googleapis.com/google.rpc.RetryInfo");
  EXPECT_EQ(error["details"][1]["retryDelay"], GetParam().delay);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GeminiLimit,
    ::testing::Values(
        Exhausted{"Minute", {.rpm = 1}, "GenerateRequestsPerMinutePerProjectPerModel", "60s"},
        Exhausted{"Day", {.rpd = 1}, "GenerateRequestsPerDayPerProjectPerModel", "86400s"},
        Exhausted{"Tokens", {.tpm = 3}, "GenerateContentInputTokensPerModelPerMinute", "20s"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace keypool::lab
