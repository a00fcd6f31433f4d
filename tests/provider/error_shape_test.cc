// The gateway's own errors, in the shape in which each dialect's SDK reads them.
#include "provider/error_shape.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::provider {
namespace {

using nlohmann::json;

TEST(ErrorShape, Openai) {
  for (const Dialect dialect : {Dialect::openai, Dialect::azure_openai, Dialect::generic}) {
    const auto body = json::parse(error_body(dialect, 429, "all_keys_cooling", "wait"));
    EXPECT_EQ(body, json::parse(R"({"error":{"message":"wait","type":"keypool_error","param":null,
                                             "code":"all_keys_cooling"}})"));
  }
}

TEST(ErrorShape, Anthropic) {
  const auto body = json::parse(error_body(Dialect::anthropic, 503, "no_keys", "none"));
  EXPECT_EQ(body, json::parse(R"({"type":"error","error":{"type":"keypool_error",
                                  "message":"none","code":"no_keys"}})"));
}

TEST(ErrorShape, GeminiHasTheStatusAsCodeAndByName) {
  const auto body = json::parse(error_body(Dialect::gemini, 429, "client_limit", "slow"));
  const auto& error = body["error"];
  EXPECT_EQ(error["code"], 429);
  EXPECT_EQ(error["status"], "RESOURCE_EXHAUSTED");
  EXPECT_EQ(error["message"], "slow");
  EXPECT_EQ(error["type"], "keypool_error");
  EXPECT_EQ(error["details"][0]["reason"], "client_limit");
  EXPECT_EQ(json::parse(error_body(Dialect::gemini, 504, "x", ""))["error"]["status"],
            "DEADLINE_EXCEEDED");
}

TEST(ErrorShape, GeminiToAnOpenaiSdkIsOpenais) {
  const auto body = json::parse(
      error_body(Dialect::gemini, 429, "client_limit", "slow", "/v1beta/openai/chat/completions"));
  EXPECT_EQ(body["error"]["code"], "client_limit");
  EXPECT_EQ(body["error"]["type"], "keypool_error");
  EXPECT_TRUE(body["error"]["param"].is_null());
}

TEST(ErrorShape, OllamasOwnApiHasTheTextAsError) {
  const auto body =
      json::parse(error_body(Dialect::openai, 429, "all_keys_cooling", "wait", "/api/chat?x=1"));
  EXPECT_EQ(body["error"], "wait");
  EXPECT_EQ(body["code"], "all_keys_cooling");
  EXPECT_EQ(body["type"], "keypool_error");
}

TEST(ErrorShape, CoheresOwnApiHasTheMessageAtTheTop) {
  const auto body = json::parse(error_body(Dialect::openai, 503, "no_keys", "none", "/v2/chat"));
  EXPECT_EQ(body["message"], "none");
  EXPECT_EQ(body["code"], "no_keys");
}

TEST(ErrorShape, QuotesWhatNeedsQuotingAndReplacesWhatIsNoText) {
  const auto body = json::parse(error_body(Dialect::openai, 404, "x", "\"a\"\n\x01 \xff"));
  EXPECT_EQ(body["error"]["message"], "\"a\"\n\x01 \xEF\xBF\xBD");
}

}  // namespace
}  // namespace keypool::provider
