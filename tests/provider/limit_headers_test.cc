// What the limit headers of each provider say, and whose limits they are.
#include "provider/limit_headers.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace keypool::provider {
namespace {

using enum Dialect;
using enum Dimension;

struct Told {
  std::string name;
  Dialect dialect;
  std::vector<http::Header> headers;
  std::vector<LimitNotice> notices;
  std::string account = {};
};

void PrintTo(const Told& told, std::ostream* out) { *out << told.name; }

std::string number(std::optional<std::uint64_t> value) {
  return value ? std::to_string(*value) : "?";
}

std::vector<std::string> lines(std::span<const LimitNotice> notices) {
  static constexpr std::string_view kNames[] = {"RPM", "TPM", "ITPM", "OTPM", "RPD", "TPD"};
  std::vector<std::string> out;
  for (const LimitNotice& notice : notices) {
    out.push_back(std::string(kNames[static_cast<std::size_t>(notice.dimension)]) + " " +
                  number(notice.remaining) + " of " + number(notice.limit));
  }
  std::sort(out.begin(), out.end());
  return out;
}

class LimitHeaders : public testing::TestWithParam<Told> {};

TEST_P(LimitHeaders, AreRead) {
  const ToldLimits limits = read_limit_headers(GetParam().dialect, GetParam().headers);

  EXPECT_EQ(lines(limits.notices()), lines(GetParam().notices));
  EXPECT_EQ(limits.account, GetParam().account);
}

INSTANTIATE_TEST_SUITE_P(
    Providers, LimitHeaders,
    testing::Values(
        Told{"OpenaiMinute",
             openai,
             {{"X-RateLimit-Limit-Requests", "5000"},
              {"x-ratelimit-remaining-requests", "4999"},
              {"x-ratelimit-reset-requests", "12ms"},
              {"x-ratelimit-limit-tokens", "30000"},
              {"x-ratelimit-remaining-tokens", "1350"},
              {"x-ratelimit-reset-tokens", "57.3s"},
              {"openai-organization", "acme"},
              {"openai-processing-ms", "812"}},
             {{requests_per_minute, 5000, 4999}, {tokens_per_minute, 30000, 1350}},
             "acme"},
        Told{"OpenaiFreeTierCountsRequestsADay",
             openai,
             {{"x-ratelimit-limit-requests", "200"},
              {"x-ratelimit-remaining-requests", "198"},
              {"x-ratelimit-reset-requests", "14m24s"}},
             {{requests_per_day, 200, 198}}},
        Told{"OpenaiProjectTighterThanOrganization",
             openai,
             {{"x-ratelimit-limit-tokens", "30000"},
              {"x-ratelimit-remaining-tokens", "29000"},
              {"x-ratelimit-limit-project-tokens", "10000"},
              {"x-ratelimit-remaining-project-tokens", "9000"},
              {"x-ratelimit-reset-project-tokens", "6s"}},
             {{tokens_per_minute, 10000, 9000}}},
        Told{"OpenaiProjectWiderThanOrganization",
             openai,
             {{"x-ratelimit-limit-project-tokens", "90000"},
              {"x-ratelimit-remaining-project-tokens", "89000"},
              {"x-ratelimit-limit-tokens", "30000"},
              {"x-ratelimit-remaining-tokens", "29000"}},
             {{tokens_per_minute, 30000, 29000}}},
        Told{"OpenaiUsageBasedTokens",
             openai,
             {{"x-ratelimit-limit-tokens_usage_based", "40000"},
              {"x-ratelimit-remaining-tokens_usage_based", "39993"},
              {"x-ratelimit-reset-tokens_usage_based", "10ms"}},
             {{tokens_per_minute, 40000, 39993}}},
        Told{"AzureFixedWindow",
             azure_openai,
             {{"x-ratelimit-limit-requests", "1000"},
              {"x-ratelimit-remaining-requests", "999"},
              {"x-ratelimit-limit-tokens", "1000000"},
              {"x-ratelimit-remaining-tokens", "999990"},
              {"x-ratelimit-reset-tokens", "64"}},
             {{requests_per_minute, 1000, 999}, {tokens_per_minute, 1000000, 999990}}},
        Told{"AzureNegativeRemainderIsNoProofOfRefusal",
             azure_openai,
             {{"x-ratelimit-limit-tokens", "50000"}, {"x-ratelimit-remaining-tokens", "-27689"}},
             {{tokens_per_minute, 50000, std::nullopt}}},
        Told{"AzureUnknown",
             azure_openai,
             {{"x-ratelimit-limit-tokens", "-1"},
              {"x-ratelimit-remaining-tokens", "-1"},
              {"x-ratelimit-reset-tokens", "0"}},
             {}},
        Told{"GithubModelsStrangers",
             openai,
             {{"x-ratelimit-renewalperiod-requests", "60"},
              {"x-ratelimit-key", "gpt-4o-mini"},
              {"x-ratelimit-limit-requests", "20"}},
             {{requests_per_minute, 20, std::nullopt}}},
        Told{"GroqRequestsADayTokensAMinute",
             openai,
             {{"x-ratelimit-limit-requests", "1000"},
              {"x-ratelimit-remaining-requests", "998"},
              {"x-ratelimit-reset-requests", "2m52.8s"},
              {"x-ratelimit-limit-tokens", "8000"},
              {"x-ratelimit-remaining-tokens", "7974"},
              {"x-ratelimit-reset-tokens", "194ms"}},
             {{requests_per_day, 1000, 998}, {tokens_per_minute, 8000, 7974}}},
        Told{"GroqPartOfARequestIsMissing",
             openai,
             {{"x-ratelimit-limit-requests", "14400"},
              {"x-ratelimit-remaining-requests", "14398"},
              {"x-ratelimit-reset-requests", "6.2s"}},
             {{requests_per_day, 14400, 14398}}},
        Told{"GroqDayUsedUp",
             openai,
             {{"x-ratelimit-limit-requests", "1000"},
              {"x-ratelimit-remaining-requests", "0"},
              {"x-ratelimit-reset-requests", "23h59m12s"}},
             {{requests_per_day, 1000, 0}}},
        Told{"Mistral",
             openai,
             {{"x-ratelimit-limit-req-minute", "60"},
              {"x-ratelimit-remaining-req-minute", "59"},
              {"x-ratelimit-limit-tokens-minute", "500000"},
              {"x-ratelimit-remaining-tokens-minute", "499977"},
              {"x-ratelimit-tokens-query-cost", "23"}},
             {{requests_per_minute, 60, 59}, {tokens_per_minute, 500000, 499977}}},
        Told{"MistralLimitZeroIsTheVerdicts",
             openai,
             {{"x-ratelimit-limit-req-minute", "0"},
              {"x-ratelimit-remaining-req-minute", "0"},
              {"x-ratelimit-limit-tokens-minute", "500000"}},
             {{tokens_per_minute, 500000, std::nullopt}}},
        Told{"MistralOlder",
             openai,
             {{"ratelimitbysize-limit", "500000"},
              {"ratelimitbysize-remaining", "499977"},
              {"ratelimitbysize-reset", "12"},
              {"ratelimitbysize-query-cost", "23"},
              {"x-ratelimitbysize-limit-month", "1000000000"},
              {"x-ratelimitbysize-remaining-month", "999999977"}},
             {{tokens_per_minute, 500000, 499977}}},
        Told{"MistralOlderWithPeriod",
             openai,
             {{"x-ratelimitbysize-limit-minute", "500000"},
              {"x-ratelimitbysize-remaining-minute", "499977"}},
             {{tokens_per_minute, 500000, 499977}}},
        Told{"CerebrasSixRungs",
             openai,
             {{"x-ratelimit-limit-requests-minute", "30"},
              {"x-ratelimit-remaining-requests-minute", "29"},
              {"x-ratelimit-limit-requests-hour", "900"},
              {"x-ratelimit-limit-requests-day", "14400"},
              {"x-ratelimit-remaining-requests-day", "14399"},
              {"x-ratelimit-reset-requests-day", "33011.4"},
              {"x-ratelimit-limit-tokens-minute", "60000"},
              {"x-ratelimit-remaining-tokens-minute", "59000"},
              {"x-ratelimit-reset-tokens-minute", "26.5"},
              {"x-ratelimit-limit-tokens-day", "1000000"},
              {"x-ratelimit-remaining-tokens-day", "990000"}},
             {{requests_per_minute, 30, 29},
              {requests_per_day, 14400, 14399},
              {tokens_per_minute, 60000, 59000},
              {tokens_per_day, 1000000, 990000}}},
        Told{"Fireworks",
             openai,
             {{"x-ratelimit-limit-tokens-prompt", "3600000"},
              {"x-ratelimit-remaining-tokens-prompt", "3599000"},
              {"x-ratelimit-limit-tokens-cache-adjusted-prompt", "900000"},
              {"x-ratelimit-limit-tokens-generated", "36000"},
              {"x-ratelimit-remaining-tokens-generated", "35900"},
              {"x-ratelimit-over-limit", "no"},
              {"fireworks-prompt-tokens", "1000"}},
             {{input_tokens_per_minute, 3600000, 3599000},
              {output_tokens_per_minute, 36000, 35900}}},
        Told{"TogetherCountsSeconds",
             openai,
             {{"x-ratelimit-limit", "10"},
              {"x-ratelimit-remaining", "9"},
              {"x-ratelimit-reset", "1"},
              {"x-tokenlimit-limit", "3000.5"},
              {"x-tokenlimit-remaining", "2900"},
              {"x-tokenlimit-limit-dynamic", "1"}},
             {{requests_per_minute, 600, std::nullopt}, {tokens_per_minute, 180000, std::nullopt}}},
        Told{"OpenRouterMinute",
             openai,
             {{"X-RateLimit-Limit", "20"},
              {"X-RateLimit-Remaining", "0"},
              {"X-RateLimit-Reset", "1792567680000"}},
             {{requests_per_minute, 20, 0}}},
        Told{"OpenRouterDay",
             openai,
             {{"X-RateLimit-Limit", "50"},
              {"X-RateLimit-Remaining", "0"},
              {"X-RateLimit-Reset", "1792627200000"}},
             {{requests_per_day, 50, 0}}},
        Told{"BareOfAStranger",
             openai,
             {{"x-ratelimit-limit", "100"},
              {"x-ratelimit-remaining", "99"},
              {"x-ratelimit-reset", "1792567680"}},
             {}},
        Told{"XaiLikeOpenai",
             openai,
             {{"x-ratelimit-limit-requests", "480"},
              {"x-ratelimit-remaining-requests", "479"},
              {"x-ratelimit-limit-tokens", "2000000"},
              {"x-ratelimit-remaining-tokens", "1999000"}},
             {{requests_per_minute, 480, 479}, {tokens_per_minute, 2000000, 1999000}}},
        Told{"CohereTrial",
             openai,
             {{"x-trial-endpoint-call-limit", "20"},
              {"x-trial-endpoint-call-remaining", "19"},
              {"x-endpoint-monthly-call-limit", "1000"}},
             {{requests_per_minute, 20, 19}}},
        Told{"Anthropic",
             anthropic,
             {{"anthropic-ratelimit-requests-limit", "1000"},
              {"anthropic-ratelimit-requests-remaining", "999"},
              {"anthropic-ratelimit-requests-reset", "2026-07-21T14:30:00Z"},
              {"anthropic-ratelimit-input-tokens-limit", "80000"},
              {"anthropic-ratelimit-input-tokens-remaining", "79000"},
              {"anthropic-ratelimit-output-tokens-limit", "16000"},
              {"anthropic-ratelimit-output-tokens-remaining", "16000"},
              {"anthropic-ratelimit-tokens-limit", "96000"},
              {"anthropic-ratelimit-tokens-remaining", "95000"},
              {"anthropic-organization-id", "5c0f2d5e-0000-4000-8000-000000000001"},
              {"request-id", "req_1"}},
             {{requests_per_minute, 1000, 999},
              {input_tokens_per_minute, 80000, 79000},
              {output_tokens_per_minute, 16000, 16000},
              {tokens_per_minute, 96000, 95000}},
             "5c0f2d5e-0000-4000-8000-000000000001"},
        Told{"AnthropicPriorityBesideStandard",
             anthropic,
             {{"anthropic-priority-input-tokens-limit", "10000"},
              {"anthropic-priority-input-tokens-remaining", "0"},
              {"anthropic-priority-output-tokens-limit", "90000"},
              {"anthropic-priority-output-tokens-remaining", "89000"},
              {"anthropic-ratelimit-input-tokens-limit", "80000"},
              {"anthropic-ratelimit-input-tokens-remaining", "79000"},
              {"anthropic-ratelimit-output-tokens-limit", "16000"},
              {"anthropic-ratelimit-output-tokens-remaining", "100"}},
             {{input_tokens_per_minute, 80000, 79000}, {output_tokens_per_minute, 90000, 89000}}},
        Told{"AnthropicPriorityAlone",
             anthropic,
             {{"anthropic-priority-input-tokens-limit", "10000"},
              {"anthropic-priority-input-tokens-remaining", "9618"}},
             {{input_tokens_per_minute, 10000, 9618}}},
        Told{"AnthropicSubscriptionTellsStatuses",
             anthropic,
             {{"anthropic-ratelimit-unified-status", "allowed"},
              {"anthropic-ratelimit-unified-reset", "1792567680"},
              {"anthropic-fast-input-tokens-limit", "5000"}},
             {}},
        Told{"GeminiTellsNone", gemini, {{"x-ratelimit-limit-requests", "5"}}, {}},
        Told{"NoNumbers",
             openai,
             {{"x-ratelimit-limit-requests", "many"},
              {"x-ratelimit-remaining-requests", ""},
              {"x-ratelimit-", "1"},
              {"x-ratelimit-limit-", "1"},
              {"anthropic-ratelimit-limit", "1"}},
             {}},
        Told{"NoHeaders", openai, {}, {}}),
    [](const auto& told) { return told.param.name; });

TEST(LimitHeaders, AnyHeadersGiveEachDimensionOnce) {
  const auto names = rc::gen::element<std::string>(
      "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
      "x-ratelimit-limit-req-minute", "x-ratelimit-limit-tokens-prompt", "x-ratelimit-limit",
      "x-tokenlimit-limit", "anthropic-priority-input-tokens-limit", "x-ratelimit-limit-tokens-day",
      "anthropic-ratelimit-output-tokens-remaining", "ratelimitbysize-limit");
  const auto values = rc::gen::element<std::string>("0", "1", "60", "1e3", "9999999999999999999",
                                                    "-1", "5h", "12ms", "nan", "");
  rc::check([&] {
    const auto pairs = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(names, values));
    std::vector<http::Header> headers;
    for (const auto& [name, value] : pairs) headers.push_back({name, value});
    const ToldLimits limits = read_limit_headers(openai, headers);
    for (const LimitNotice& notice : limits.notices()) {
      RC_ASSERT(notice.limit || notice.remaining);
      RC_ASSERT(notice.limit != 0u);
      RC_ASSERT(std::count_if(limits.notices().begin(), limits.notices().end(),
                              [&](const LimitNotice& other) {
                                return other.dimension == notice.dimension;
                              }) == 1);
    }
  });
}

}  // namespace
}  // namespace keypool::provider
