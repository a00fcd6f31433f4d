// Which limit a refusal means, and whose.
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "provider/verdict.h"

namespace keypool::provider {
namespace {

using enum Dialect;
using enum Dimension;

constexpr WallTime kNow{std::chrono::seconds(1'795'435'200)};

struct Refused {
  std::string name;
  Dialect dialect;
  std::string body;
  std::optional<Dimension> limit;
  std::string account = {};
  std::vector<http::Header> headers = {};
};

void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

std::string openai_error(std::string_view message, std::string_view type) {
  return R"({"error":{"message":")" + std::string(message) + R"(","type":")" + std::string(type) +
         R"(","param":null,"code":"rate_limit_exceeded"}})";
}

std::string anthropic_error(std::string_view message) {
  return R"({"type":"error","error":{"type":"rate_limit_error","message":")" +
         std::string(message) + R"("}})";
}

std::string google_error(std::vector<std::string_view> quota_ids) {
  std::string violations;
  for (const std::string_view id : quota_ids) {
    if (!violations.empty()) violations += ",";
    violations += R"({"quotaId":")" + std::string(id) + R"(","quotaValue":"20"})";
  }
  return R"({"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"@type":)"
         R"("type.googleapis.com/google.rpc.QuotaFailure","violations":[)" +
         violations + "]}]}}";
}

class NamedLimit : public testing::TestWithParam<Refused> {};

TEST_P(NamedLimit, IsFound) {
  const Refused& refused = GetParam();

  const Verdict verdict = judge(refused.dialect, {429, refused.headers}, refused.body, kNow);

  EXPECT_EQ(verdict.limit, refused.limit);
  EXPECT_EQ(verdict.account, refused.account);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, NamedLimit,
    testing::Values(
        Refused{"OpenaiRpm", openai,
                openai_error("Rate limit reached for gpt-x in organization org-AbC123xyz on "
                             "requests per min (RPM): Limit 3, Used 3, Requested 1. Please try "
                             "again in 20s.",
                             "requests"),
                requests_per_minute, "org-AbC123xyz"},
        Refused{"OpenaiTpm", openai,
                openai_error("Rate limit reached for gpt-x in organization org-AbC123xyz on tokens "
                             "per min (TPM): Limit 30000, Used 28650, Requested 2100.",
                             "tokens"),
                tokens_per_minute, "org-AbC123xyz"},
        Refused{"OpenaiRpd", openai,
                openai_error("Rate limit reached on requests per day (RPD): Limit 200", "requests"),
                requests_per_day},
        Refused{"OpenaiTpd", openai,
                openai_error("Rate limit reached on tokens per day (TPD): Limit 90000", "tokens"),
                tokens_per_day},
        Refused{"OpenaiImagesAreNoRequests", openai,
                openai_error("Rate limit reached on images per minute (IPM): Limit 5", "images"),
                std::nullopt},
        Refused{"TheTypeComesBeforeTheText", openai,
                openai_error("Limit of tokens per min. Requests per min are fine.", "requests"),
                requests_per_minute},
        Refused{"GroqTpmInBackticks", openai,
                openai_error("Rate limit reached for model `m` in organization `org_01hxyz` "
                             "service tier `on_demand` on tokens per minute (TPM): Limit 8000",
                             "tokens"),
                tokens_per_minute, "org_01hxyz"},
        Refused{"GroqAudioSecondsAreNone", openai,
                openai_error("Rate limit reached on seconds of audio per hour (ASH): Limit 7200",
                             "seconds"),
                std::nullopt},
        Refused{
            "CerebrasText", openai,
            R"({"message":"Tokens per minute limit exceeded","type":"too_many_tokens_error","code":"token_quota_exceeded"})",
            tokens_per_minute},
        Refused{"AnthropicInput", anthropic,
                anthropic_error("This request would exceed your organization's rate limit of "
                                "30,000 input tokens per minute."),
                input_tokens_per_minute},
        Refused{"AnthropicOutput", anthropic,
                anthropic_error("This request would exceed the rate limit for your organization "
                                "of 8,000 output tokens per minute."),
                output_tokens_per_minute},
        Refused{"AnthropicRequests", anthropic,
                anthropic_error("…your organization's rate limit of 50 requests per minute."),
                requests_per_minute},
        Refused{"AnthropicOlderInput", anthropic,
                anthropic_error("Number of request tokens has exceeded your per-minute rate limit"),
                input_tokens_per_minute},
        Refused{"AnthropicOlderDay", anthropic,
                anthropic_error("Number of request tokens has exceeded your daily rate limit"),
                tokens_per_day},
        Refused{"AnthropicAcceleration", anthropic,
                anthropic_error("Your usage has increased too quickly."), std::nullopt},
        Refused{"GeminiRequestsADay", gemini,
                google_error({"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}),
                requests_per_day},
        Refused{"GeminiRequestsAMinute", gemini,
                google_error({"GenerateRequestsPerMinutePerProjectPerModel"}), requests_per_minute},
        Refused{"GeminiInputTokens", gemini,
                google_error({"GenerateContentInputTokensPerModelPerMinute-FreeTier"}),
                input_tokens_per_minute},
        Refused{"GeminiTheLongestOfSeveral", gemini,
                google_error({"GenerateContentInputTokensPerModelPerMinute-FreeTier",
                              "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
                              "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}),
                requests_per_day},
        Refused{
            "CohereTrial", openai,
            R"({"message":"You are using a Trial key, which is limited to 20 API calls / minute."})",
            requests_per_minute},
        Refused{"BedrockDay", openai, R"({"message":"Too many tokens per day, please wait."})",
                tokens_per_day},
        Refused{"MistralByItsHeaders",
                openai,
                R"({"object":"error","message":"Rate limit exceeded","code":"1300"})",
                tokens_per_minute,
                "",
                {{"x-ratelimit-limit-req-minute", "60"},
                 {"x-ratelimit-remaining-req-minute", "12"},
                 {"x-ratelimit-limit-tokens-minute", "500000"},
                 {"x-ratelimit-remaining-tokens-minute", "0"}}},
        Refused{"TwoUsedUpTellNothing",
                openai,
                "{}",
                std::nullopt,
                "",
                {{"x-ratelimit-remaining-req-minute", "0"},
                 {"x-ratelimit-remaining-tokens-minute", "0"}}},
        Refused{"TheHeadersOrganizationIsAnotherName",
                openai,
                openai_error("in organization org-AbC123xyz on tokens per min (TPM)", "tokens"),
                tokens_per_minute,
                "",
                {{"openai-organization", "acme"}}},
        Refused{
            "XaiTeam", openai,
            R"({"code":"x","error":"Your team 0f8fad5b-d9cb-469f-a165-70867728950e has used all available credits."})",
            std::nullopt, "0f8fad5b-d9cb-469f-a165-70867728950e"},
        Refused{
            "WordsAreNoAccount", openai,
            R"({"error":{"message":"No such model in organization settings; ask your team administrator"}})",
            std::nullopt},
        Refused{"Nothing", openai, "{}", std::nullopt}),
    [](const auto& refused) { return refused.param.name; });

TEST(NamedLimit, NoClientCanNameAKeysAccount) {
  const std::string quoted = R"({"error":{"message":"The model `in organization org-FORGED123` )"
                             R"(does not exist","type":"invalid_request_error","code":"x"}})";

  EXPECT_EQ(judge(openai, {404, {}}, quoted, kNow).account, "");
  EXPECT_EQ(judge(openai, {400, {}}, quoted, kNow).account, "");
}

TEST(NamedLimit, IsAThrottledVerdictsOnly) {
  const auto verdict = judge(
      openai, {413, {}},
      openai_error("Request too large on tokens per minute (TPM): Limit 8000", "tokens"), kNow);

  EXPECT_EQ(verdict.kind, VerdictKind::request_fault);
  EXPECT_EQ(verdict.limit, std::nullopt);
}

}  // namespace
}  // namespace keypool::provider
