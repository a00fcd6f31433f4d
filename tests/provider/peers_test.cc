// What users of other gateways complain about, as far as reading answers goes: it must not happen
// here. Each is named after the project and the thread.
#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "provider/calendar.h"
#include "provider/retry_hint.h"
#include "provider/usage.h"
#include "provider/verdict.h"

namespace keypool::provider {
namespace {

using namespace std::chrono_literals;
using enum Dialect;

const WallTime kNow = *parse_rfc3339("2026-11-23T12:00:00Z");

Verdict judged(Dialect dialect, int status, std::string_view body) {
  return judge(dialect, {status, {}}, body, kNow);
}

Usage counted(std::string_view stream) {
  const auto tap = make_usage_tap(openai, "text/event-stream", "");
  tap->feed(stream);
  return tap->finish();
}

// #183, #184: a key at its daily limit stays in rotation, or is struck out.
TEST(Peers, GptLoad183_ADailyLimitRestsUntilTheProvidersMidnight) {
  const auto verdict = judged(
      gemini, 429,
      R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"26s"}]}})");

  EXPECT_EQ(verdict.kind, VerdictKind::throttled);
  EXPECT_EQ(verdict.retry_after, next_pacific_midnight(kNow) + 1min - kNow);
}

// #278: "overloaded" strikes out good keys.
TEST(Peers, GptLoad278_AnOverloadedProviderIsNoKeysFault) {
  EXPECT_EQ(judged(gemini, 503, R"({"error":{"status":"UNAVAILABLE"}})").kind,
            VerdictKind::overloaded);
  EXPECT_EQ(judged(anthropic, 529, R"({"error":{"type":"overloaded_error"}})").kind,
            VerdictKind::overloaded);
}

// #317: "suspended" must take the key out at once.
TEST(Peers, GptLoad317_ASuspendedKeyIsOut) {
  EXPECT_EQ(judged(gemini, 403, R"({"error":{"message":"Consumer has been suspended."}})").kind,
            VerdictKind::bad_key);
  EXPECT_EQ(judged(openai, 403, R"({"error":{"message":"This key has been suspended"}})").kind,
            VerdictKind::bad_key);
}

// PR 407: errors told apart by type. Bifrost PR 3491: dead and limited keys remembered apart.
TEST(Peers, GptLoad407_Bifrost3491_DeadAndLimitedKeysAreToldApart) {
  EXPECT_EQ(judged(openai, 401, "{}").kind, VerdictKind::bad_key);
  EXPECT_EQ(judged(openai, 402, "{}").kind, VerdictKind::depleted);
  EXPECT_EQ(judged(openai, 429, "{}").kind, VerdictKind::throttled);
  EXPECT_EQ(judged(openai, 429, R"({"error":{"code":"insufficient_quota"}})").kind,
            VerdictKind::depleted);
}

// #7669: retries ignore `retry_after`.
TEST(Peers, LiteLlm7669_HintsDecide) {
  const http::Header headers[] = {{"retry-after", "17"}};

  EXPECT_EQ(judge(openai, {429, headers}, "{}", kNow).retry_after, 17s);
}

// litellm #34954: `403` inside of a delay made a rate limit a forbidden key.
TEST(Peers, LiteLlm34954_DigitsInADelayAreNoStatus) {
  EXPECT_EQ(
      judged(gemini, 429, R"({"error":{"code":429,"message":"Please retry in 18.403470473s"}})")
          .kind,
      VerdictKind::throttled);
}

// PR 31: durations of days.
TEST(Peers, LlmApiKeyProxy31_LongDurationsAreRead) {
  EXPECT_EQ(parse_duration("143h4m52.73s"), 143h + 4min + 52'730ms);
}

// freellmapi #915: keys of one project do not add up.
TEST(Peers, Freellmapi915_ARefusalNamesTheOrganization) {
  EXPECT_EQ(
      judged(
          openai, 429,
          R"({"error":{"message":"Rate limit reached for model `m` in organization `org_01hxyz`"}})")
          .account,
      "org_01hxyz");
}

constexpr std::string_view kText = "data: {\"choices\":[{\"delta\":{\"content\":\"abcdef\"}}]}\n\n";
constexpr std::string_view kUsage =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,"
    "\"prompt_tokens_details\":{\"cached_tokens\":8}}}";

// open-ace PR 3422, gh-aw-firewall PR 6542, llm-gateway PR 1567 and others: streamed usage lost.
TEST(Peers, Many_AFinalEventWithoutItsBlankLineCounts) {
  EXPECT_TRUE(counted(std::string(kText) + std::string(kUsage)).reported);
}

TEST(Peers, Many_CachedTokensAreNotDropped) {
  EXPECT_EQ(counted(std::string(kText) + std::string(kUsage) + "\n\n").cached_tokens, 8u);
}

TEST(Peers, Many_HangingUpBeforeTheUsageIsNoWayAroundABudget) {
  const Usage hung_up = counted(kText);

  EXPECT_FALSE(hung_up.reported);
  EXPECT_GE(hung_up.output_tokens, counted(std::string(kText) + std::string(kUsage)).output_tokens);
}

}  // namespace
}  // namespace keypool::provider
