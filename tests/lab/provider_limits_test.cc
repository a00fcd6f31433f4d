// Limits, as callers of the OpenAI-shaped paths meet them. Time moves only when told.
#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Scenario limited(Limits limits) {
  return with_keys(
      {{.name = "a", .secret = "sk-demo-a", .organization = "org-one", .limits = {{"*", limits}}}});
}

TEST(ProviderLimits, AreToldInEveryAnswer) {
  RunningProvider provider(limited({.rpm = 60, .tpm = 6'000}));

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.header("x-ratelimit-limit-requests"), "60");
  EXPECT_EQ(answer.header("x-ratelimit-remaining-requests"), "59");
  EXPECT_EQ(answer.header("x-ratelimit-reset-requests"), "1s");
  EXPECT_EQ(answer.header("x-ratelimit-limit-tokens"), "6000");
  EXPECT_EQ(answer.header("x-ratelimit-remaining-tokens"), "5998");
  EXPECT_EQ(answer.header("x-ratelimit-reset-tokens"), "20ms");
}

TEST(ProviderLimits, RefuseWithEveryHintThereIs) {
  RunningProvider provider(limited({.rpm = 2}));
  EXPECT_EQ(provider.call(chat()).status, 200);
  EXPECT_EQ(provider.call(chat()).status, 200);

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), "30");
  EXPECT_EQ(answer.header("x-ratelimit-remaining-requests"), "0");
  const auto error = json_of(answer)["error"];
  EXPECT_EQ(error["code"], "rate_limit_exceeded");
  EXPECT_EQ(error["type"], "requests");
  EXPECT_EQ(error["message"],
            "Rate limit reached for gpt-x in organization org-one on requests per min (RPM): Limit "
            "2, Used 2, Requested 1. Please try again in 30s.");
}

TEST(ProviderLimits, OpenWhenTheHintSaidSo) {
  RunningProvider provider(limited({.rpm = 2}));
  EXPECT_EQ(provider.call(chat()).status, 200);
  EXPECT_EQ(provider.call(chat()).status, 200);

  provider.clock.advance(29'999ms);
  EXPECT_EQ(provider.call(chat()).status, 429);
  provider.clock.advance(1ms);
  EXPECT_EQ(provider.call(chat()).status, 200);
}

TEST(ProviderLimits, CountTheAnswersTokensOnceItEnded) {
  RunningProvider provider(limited({.tpm = 600}));

  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-remaining-tokens"), "598");
  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-remaining-tokens"), "588");
}

TEST(ProviderLimits, SetTheCapAsideUntilTheAnswerEnded) {
  RunningProvider provider(limited({.tpm = 600}));

  const auto answer = provider.call(chat("sk-demo-a", R"(,"max_tokens":500)"));

  EXPECT_EQ(answer.header("x-ratelimit-remaining-tokens"), "100");
  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-remaining-tokens"), "588");
}

TEST(ProviderLimits, RefuseForGoodWhatIsLargerThanTheLimit) {
  RunningProvider provider(limited({.tpm = 100}));

  const auto answer = provider.call(chat("sk-demo-a", R"(,"max_tokens":500)"));

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.header("retry-after"), std::nullopt);
  EXPECT_THAT(json_of(answer)["error"]["message"].get<std::string>(),
              HasSubstr("Request too large for gpt-x"));
}

TEST(ProviderLimits, AreEachModelsOwn) {
  RunningProvider provider(limited({.rpm = 1}));
  EXPECT_EQ(provider.call(chat()).status, 200);
  EXPECT_EQ(provider.call(chat()).status, 429);

  auto other = chat();
  other.body = R"({"model":"gpt-y","messages":[]})";
  EXPECT_EQ(provider.call(other).status, 200);
}

TEST(ProviderLimits, AreSharedByTheKeysOfAnOrganization) {
  RunningProvider provider(
      with_keys({{.name = "a",
                  .secret = "sk-demo-a",
                  .organization = "org-one",
                  .limits = {{"*", {.rpm = 1}}}},
                 {.name = "b", .secret = "sk-demo-b", .organization = "org-one"},
                 {.name = "c", .secret = "sk-demo-c"}}));

  EXPECT_EQ(provider.call(chat("sk-demo-a")).status, 200);
  EXPECT_EQ(provider.call(chat("sk-demo-b")).status, 429);
  EXPECT_EQ(provider.call(chat("sk-demo-c")).status, 200);
}

TEST(ProviderLimits, CountADayUnderGroqsNames) {
  auto scenario = limited({.rpm = 100, .rpd = 1'000, .tpm = 100});
  scenario.limit_headers = LimitHeaders::groq;
  RunningProvider provider(std::move(scenario));

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.header("x-ratelimit-limit-requests"), "1000");
  EXPECT_EQ(answer.header("x-ratelimit-remaining-requests"), "999");
  EXPECT_EQ(answer.header("x-ratelimit-reset-requests"), "1m26.4s");
  EXPECT_EQ(provider.call(chat("sk-demo-a", R"(,"max_tokens":99)")).status, 413);
}

TEST(ProviderLimits, AreKeptSilentlyWhenNothingIsTold) {
  auto scenario = limited({.rpm = 1});
  scenario.limit_headers = LimitHeaders::none;
  RunningProvider provider(std::move(scenario));

  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-limit-requests"), std::nullopt);
  const auto refused = provider.call(chat());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("retry-after"), std::nullopt);
}

TEST(ProviderLimits, ChangeWhenTheScenarioSaysSo) {
  auto scenario = limited({.rpm = 100});
  scenario.changes.push_back({.at = 10s, .key = "a", .limits = {{"*", {.rpm = 50}}}});
  RunningProvider provider(std::move(scenario));

  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-limit-requests"), "100");
  provider.clock.advance(10s);
  EXPECT_EQ(provider.call(chat()).header("x-ratelimit-limit-requests"), "50");
}

TEST(ProviderLimits, RefillFasterWhenTimeIsScaled) {
  auto scenario = limited({.rpm = 1});
  scenario.time_scale = 60;
  RunningProvider provider(std::move(scenario));
  EXPECT_EQ(provider.call(chat()).status, 200);
  EXPECT_EQ(provider.call(chat()).header("retry-after"), "60");

  provider.clock.advance(1s);

  EXPECT_EQ(provider.call(chat()).status, 200);
}

TEST(ProviderLimits, DoNotCountCallsThatTheyRefuse) {
  RunningProvider provider(limited({.rpm = 1}));
  EXPECT_EQ(provider.call(chat()).status, 200);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(provider.call(chat()).status, 429);

  provider.clock.advance(60s);

  EXPECT_EQ(provider.call(chat()).status, 200);
}

}  // namespace
}  // namespace keypool::lab
