// When to come back: every way in which a provider says it, and the traps beside them.
#include "provider/retry_hint.h"

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "provider/calendar.h"

namespace keypool::provider {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const WallTime kNow = *parse_rfc3339("2026-10-21T07:27:30Z");

struct Duration {
  std::string text;
  std::optional<milliseconds> is;
};

void PrintTo(const Duration& duration, std::ostream* out) { *out << '"' << duration.text << '"'; }

class Durations : public testing::TestWithParam<Duration> {};

TEST_P(Durations, Parse) { EXPECT_EQ(parse_duration(GetParam().text), GetParam().is); }

INSTANTIATE_TEST_SUITE_P(
    Seen, Durations,
    testing::Values(Duration{"12ms", 12ms}, Duration{"1s", 1s}, Duration{"6m0s", 6min},
                    Duration{"4m12.172s", 252'172ms}, Duration{"23h18m29.144s", 83'909'144ms},
                    Duration{"2m52.8s", 172'800ms}, Duration{"7.66s", 7660ms},
                    Duration{"194ms", 194ms}, Duration{"18.403470473s", 18'404ms},
                    Duration{"290.979975ms", 291ms},
                    Duration{"156h14m36.752463453s", 562'476'753ms}, Duration{"26.5", 26'500ms},
                    Duration{"64", 64s}, Duration{"0", 0ms}, Duration{"0s", 0ms},
                    Duration{" 5s ", 5s}, Duration{"1d", 24h}, Duration{"1.5h", 90min},
                    Duration{"500us", 1ms}, Duration{"12.5µs", 1ms}));

INSTANTIATE_TEST_SUITE_P(Refused, Durations,
                         testing::Values(Duration{"", {}}, Duration{"s", {}}, Duration{"-5s", {}},
                                         Duration{"-5", {}}, Duration{"5x", {}},
                                         Duration{"1h30", {}}, Duration{"5 s", {}},
                                         Duration{"1e3", {}}, Duration{"inf", {}},
                                         Duration{"nan", {}}, Duration{"gpt-4o-mini", {}},
                                         Duration{"0x10", {}}, Duration{".", {}},
                                         Duration{"5s!", {}}));

TEST(Durations, AbsurdOnesEndAtTheLongestHint) {
  EXPECT_EQ(parse_duration("99999999999999999999h"), kLongestHint);
  EXPECT_EQ(parse_duration("999999999999999999999999999999"), kLongestHint);
}

TEST(Durations, WhatGoWritesIsRead) {
  rc::check([] {
    const auto ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    const auto text =
        fmt::format("{}h{}m{}.{:03}s", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
    RC_ASSERT(parse_duration(text) == milliseconds(ms));
  });
}

struct Reset {
  std::string text;
  std::optional<milliseconds> is;
};

void PrintTo(const Reset& reset, std::ostream* out) { *out << '"' << reset.text << '"'; }

class Resets : public testing::TestWithParam<Reset> {};

TEST_P(Resets, Parse) { EXPECT_EQ(parse_reset(GetParam().text, kNow), GetParam().is); }

INSTANTIATE_TEST_SUITE_P(Seen, Resets,
                         testing::Values(Reset{"1m26.4s", 86'400ms}, Reset{"26.5", 26'500ms},
                                         Reset{"2026-10-21T07:28:00Z", 30s},
                                         Reset{"2026-10-21T09:28:00.5+02:00", 30'500ms},
                                         Reset{"Wed, 21 Oct 2026 07:28:00 GMT", 30s},
                                         Reset{"1792567680", 30s},          // Unix seconds
                                         Reset{"1792567680500", 30'500ms},  // Unix milliseconds
                                         Reset{"2026-10-21T07:00:00Z", 0ms}, Reset{"soon", {}},
                                         Reset{"-1", {}}));

TEST(HttpDate, ReadsTheFixedFormOnly) {
  EXPECT_EQ(parse_http_date("Wed, 21 Oct 2026 07:28:00 GMT"), kNow + 30s);
  for (const auto* text : {"", "Wed, 21 Oct 2026 07:28:00", "Wed, 21 Oct 2026 07:28:00 CET",
                           "Wednesday, 21-Oct-26 07:28:00 GMT", "Wed, 31 Feb 2026 07:28:00 GMT",
                           "Wed, 21 Oct 2026 25:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT "}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

struct Hint {
  std::string name;
  std::vector<http::Header> headers;
  std::string body;
  std::optional<milliseconds> is;
};

void PrintTo(const Hint& hint, std::ostream* out) { *out << hint.name; }

class RetryHint : public testing::TestWithParam<Hint> {};

TEST_P(RetryHint, IsFound) {
  EXPECT_EQ(retry_hint(GetParam().headers, GetParam().body, kNow), GetParam().is);
}

std::string detail(std::string_view type, std::string_view fields) {
  return fmt::format(
      R"({{"error":{{"code":429,"details":[{{"@type":"type.googleapis.com/{}",{}}}]}}}})", type,
      fields);
}

std::string message(std::string_view text) {
  return fmt::format(R"({{"error":{{"message":"{}","code":null}}}})", text);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, RetryHint,
    testing::Values(
        Hint{"G1_Milliseconds", {{"retry-after-ms", "1500"}}, "", 1500ms},
        Hint{"G1_FractionOfAMillisecond", {{"retry-after-ms", "1500.25"}}, "", 1501ms},
        Hint{"G1_AzureMilliseconds", {{"x-ms-retry-after-ms", "64000"}}, "", 64s},
        Hint{"G1_BeforeSeconds", {{"retry-after", "2"}, {"retry-after-ms", "1500"}}, "", 1500ms},
        Hint{"G2_Seconds", {{"Retry-After", "12"}}, "", 12s},
        Hint{"G2_FractionOfASecond", {{"retry-after", "0.5"}}, "", 500ms},
        Hint{"G2_Date", {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}, "", 30s},
        Hint{"G2_DateByTheProvidersClock",
             {{"date", "Wed, 21 Oct 2026 07:27:50 GMT"},
              {"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}},
             "",
             10s},
        Hint{
            "G2_BeforeTheBody", {{"retry-after", "4"}}, message("Please try again in 3.405s."), 4s},
        Hint{"G2_GarbageFallsThrough",
             {{"retry-after", "soon"}},
             message("Please try again in 3.405s."),
             3405ms},
        Hint{"G3_RetryInfo", {}, detail("google.rpc.RetryInfo", R"("retryDelay":"27s")"), 27s},
        Hint{"G3_Nanoseconds",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":"18.403470473s")"),
             18'404ms},
        Hint{"G3_Milliseconds",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":"290.979975ms")"),
             291ms},
        Hint{"G3_Compound",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":"156h14m36.752463453s")"),
             562'476'753ms},
        Hint{"G3_Object",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":{"seconds":"123","nanos":0})"),
             123s},
        Hint{"G3_ObjectWithNanoseconds",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":{"seconds":1,"nanos":500000000})"),
             1500ms},
        Hint{"G3_ObjectOfNanosecondsAlone",
             {},
             detail("google.rpc.RetryInfo", R"("retryDelay":{"nanos":290979975})"),
             291ms},
        Hint{"G3_InAnArray",
             {},
             "[" + detail("google.rpc.RetryInfo", R"("retryDelay":"27s")") + "]",
             27s},
        Hint{"G4_QuotaResetDelay",
             {},
             detail("google.rpc.ErrorInfo", R"("metadata":{"quotaResetDelay":"143h4m52.73s"})"),
             515'092'730ms},
        Hint{"G5_OpenaiSeconds", {}, message("Please try again in 7.66s. Visit x."), 7660ms},
        Hint{"G5_OpenaiMilliseconds", {}, message("Please try again in 20ms."), 20ms},
        Hint{"G5_OpenaiMinutes", {}, message("Please try again in 1m12s."), 72s},
        Hint{"G5_Gemini", {}, message("x\\nPlease retry in 34.074824224s."), 34'075ms},
        Hint{"G5_AzureWords", {}, message("Please retry after 26 seconds."), 26s},
        Hint{"G5_Minutes", {}, message("Try again in 2 minutes"), 2min},
        Hint{"G5_PlainText", {}, "rate limited, try again in 3s", 3s},
        Hint{"G5_ErrorAsString", {}, R"({"error":"try again in 3s"})", 3s},
        Hint{"G5_Later", {}, message("please try again later"), {}},
        Hint{"G6_AnthropicUsedUp",
             {{"anthropic-ratelimit-requests-limit", "50"},
              {"anthropic-ratelimit-requests-remaining", "49"},
              {"anthropic-ratelimit-requests-reset", "2026-10-21T07:40:00Z"},
              {"anthropic-ratelimit-tokens-limit", "40000"},
              {"anthropic-ratelimit-tokens-remaining", "0"},
              {"anthropic-ratelimit-tokens-reset", "2026-10-21T07:28:00Z"}},
             "",
             30s},
        Hint{"G7_OpenaiUsedUp",
             {{"x-ratelimit-limit-tokens", "30000"},
              {"x-ratelimit-remaining-tokens", "0"},
              {"x-ratelimit-reset-tokens", "4m12.172s"},
              {"x-ratelimit-remaining-requests", "99"},
              {"x-ratelimit-reset-requests", "23h18m29.144s"}},
             "",
             252'172ms},
        Hint{"G7_AllDimensionsMustOpen",
             {{"x-ratelimit-remaining-tokens", "0"},
              {"x-ratelimit-reset-tokens", "2s"},
              {"x-ratelimit-remaining-requests", "0"},
              {"x-ratelimit-reset-requests", "9s"}},
             "",
             9s},
        Hint{"G7_AzureSeconds",
             {{"x-ratelimit-remaining-tokens", "-27689"}, {"x-ratelimit-reset-tokens", "64"}},
             "",
             64s},
        Hint{"G7_CerebrasFloat",
             {{"x-ratelimit-remaining-tokens-minute", "0"},
              {"x-ratelimit-reset-tokens-minute", "26.5"}},
             "",
             26'500ms},
        Hint{"G7_OpenRouterUnixMilliseconds",
             {{"X-RateLimit-Limit", "20"},
              {"X-RateLimit-Remaining", "0"},
              {"X-RateLimit-Reset", "1792567680000"}},
             "",
             30s},
        Hint{"G7_CohereUnixSeconds", {{"X-RateLimit-Reset", "1792567680"}}, "", 30s},
        Hint{"G7_TogetherTokens",
             {{"x-tokenlimit-remaining", "0"}, {"x-tokenlimit-reset", "1"}},
             "",
             1s},
        Hint{"G8_Nothing", {}, "", {}}),
    [](const auto& hint) { return hint.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Traps, RetryHint,
    testing::Values(
        Hint{"FullRefillIsNoHintWhileSomethingRemains",
             {{"x-ratelimit-limit-requests", "1000"},
              {"x-ratelimit-remaining-requests", "999"},
              {"x-ratelimit-reset-requests", "1m26.4s"}},
             "",
             {}},
        Hint{"RetryAfterBeatsTheRefill",
             {{"x-ratelimit-remaining-requests", "0"},
              {"x-ratelimit-reset-requests", "23h59m"},
              {"retry-after", "86"}},
             "",
             86s},
        Hint{"LimitOfZeroNeverRefills",
             {{"x-ratelimit-limit-req-minute", "0"},
              {"x-ratelimit-remaining-req-minute", "0"},
              {"x-ratelimit-reset-req-minute", "60"}},
             "",
             {}},
        Hint{"AzureUnknownLimits",
             {{"x-ratelimit-limit-tokens", "-1"},
              {"x-ratelimit-remaining-tokens", "-1"},
              {"x-ratelimit-reset-tokens", "0"}},
             "",
             {}},
        Hint{"StrangersAreIgnored",
             {{"x-ratelimit-key", "gpt-4o-mini"}, {"x-ratelimit-renewalperiod-requests", "60"}},
             "",
             {}},
        Hint{"ResetWithoutRemaining", {{"x-ratelimit-reset-requests", "9s"}}, "", {}},
        Hint{"ZeroGivesWayToBetter",
             {{"retry-after", "0"}},
             message("Please try again in 300ms."),
             300ms},
        Hint{"ZeroAlone", {{"retry-after", "0"}}, "", 0ms},
        Hint{"PastDateIsZero", {{"retry-after", "Wed, 21 Oct 2020 07:28:00 GMT"}}, "", 0ms},
        Hint{"NegativeIsNone", {{"retry-after", "-5"}}, "", {}},
        Hint{"NotANumber", {{"retry-after-ms", "nan"}}, "", {}},
        Hint{"DigitsElsewhereInTheText", {}, message("in organization org-429 limit 30s"), {}}),
    [](const auto& hint) { return hint.param.name; });

TEST(RetryHint, IsNeverNegativeNorEndless) {
  rc::check([](const std::string& value, const std::string& body) {
    const http::Header headers[] = {
        {"retry-after", value}, {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", value}};
    const auto hint = retry_hint(headers, body, kNow);
    RC_ASSERT(!hint || (hint->count() >= 0 && *hint <= kLongestHint));
  });
}

}  // namespace
}  // namespace keypool::provider
