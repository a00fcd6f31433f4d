// What a call cost.
#include "provider/prices.h"

#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "provider/calendar.h"
#include "provider/known.h"
#include "provider/price_list.h"

namespace keypool::provider {
namespace {

const WallTime kNow = *parse_rfc3339("2026-11-23T12:00:00Z");
constexpr std::uint64_t kMillion = 1'000'000;

struct Bill {
  std::string name;
  std::string host;
  std::string model;
  Usage usage;
  std::optional<std::uint64_t> micro_usd;
  std::string when = "2026-11-23T12:00:00Z";
};

void PrintTo(const Bill& bill, std::ostream* out) { *out << bill.name; }

class Cost : public testing::TestWithParam<Bill> {};

TEST_P(Cost, OfOneCall) {
  const Bill& bill = GetParam();
  EXPECT_EQ(cost_micro_usd({bill.host, bill.model, *parse_rfc3339(bill.when)}, bill.usage),
            bill.micro_usd);
}

Usage tokens(std::uint64_t input, std::uint64_t output) {
  return {.input_tokens = input, .output_tokens = output, .reported = true};
}

INSTANTIATE_TEST_SUITE_P(
    Calls, Cost,
    testing::Values(
        Bill{"Openai", "api.openai.com", "gpt-4.1", tokens(1000, 500), 2000 + 4000},
        Bill{"CachedInputIsPartOfTheInput",
             "api.openai.com",
             "gpt-4.1",
             {.input_tokens = 1000, .cached_tokens = 800, .output_tokens = 0},
             400 + 400},
        Bill{"AnthropicCaches",
             "api.anthropic.com",
             "claude-opus-4-5",
             {.input_tokens = 4000,
              .cached_tokens = 1000,
              .output_tokens = 1000,
              .cache_write_tokens = 1000,
              .cache_write_1h_tokens = 1000},
             500 + 6250 + 10000 + 5000 + 25000},
        Bill{"WritingWithoutAPriceIsPlainInput",
             "api.openai.com",
             "gpt-4o",
             {.input_tokens = 1000, .output_tokens = 0, .cache_write_tokens = 1000},
             2500},
        Bill{"ReasoningIsOutput",
             "api.openai.com",
             "gpt-5.5",
             {.input_tokens = 0, .output_tokens = 1000, .reasoning_tokens = 900},
             30000},
        Bill{"AudioWithoutAPriceIsPlain",
             "api.openai.com",
             "gpt-4o",
             {.input_tokens = 1000,
              .output_tokens = 1000,
              .audio_input_tokens = 600,
              .audio_output_tokens = 600},
             2500 + 10000},
        Bill{"LongInputCostsMoreAsAWhole", "api.openai.com", "gpt-6-sol", tokens(300000, 1000),
             4 * 300000 + 15000},
        Bill{"JustNotLong", "api.openai.com", "gpt-6-sol", tokens(272000, 0), 2 * 272000},
        Bill{"JustLong", "api.openai.com", "gpt-6-sol", tokens(272001, 0), 4 * 272001},
        Bill{"XaiIsLongFromTheThresholdOn", "api.x.ai", "grok-4.6", tokens(200000, 0), 4 * 200000},
        Bill{"RoundedToTheNearest", "api.openai.com", "text-embedding-3-small", tokens(24, 0), 0},
        Bill{"RoundedUp", "api.openai.com", "text-embedding-3-small", tokens(25, 0), 1},
        Bill{"OneModelTwoProvidersGroq", "api.groq.com", "openai/gpt-oss-120b",
             tokens(kMillion, kMillion), 150000 + 600000},
        Bill{"OneModelTwoProvidersCerebras", "api.cerebras.ai", "gpt-oss-120b",
             tokens(kMillion, kMillion), 350000 + 750000},
        Bill{"AnOpenModelAtAStrangersIsUnknown", "127.0.0.1", "gpt-oss-120b", tokens(1, 1),
             std::nullopt},
        Bill{"AMakersModelCostsTheSameBehindAProxy", "proxy.example", "gpt-4o", tokens(1000, 0),
             2500},
        Bill{"PerplexityTakesAFeeACall", "api.perplexity.ai", "sonar-pro", tokens(1000, 1000),
             3000 + 15000 + 14000},
        Bill{"DeepseekOffPeak", "api.deepseek.com", "deepseek-v4-flash", tokens(kMillion, 0),
             220000, "2026-11-23T12:00:00Z"},
        Bill{"DeepseekPeak", "api.deepseek.com", "deepseek-v4-flash", tokens(kMillion, 0), 440000,
             "2026-11-23T02:59:59Z"},
        Bill{"DeepseekBetweenPeaks", "api.deepseek.com", "deepseek-v4-flash", tokens(kMillion, 0),
             220000, "2026-11-23T04:00:00Z"},
        Bill{"FlashThisYear", "generativelanguage.googleapis.com", "gemini-3.7-flash",
             tokens(kMillion, 0), 750000, "2026-12-31T23:59:59Z"},
        Bill{"FlashNextYear", "generativelanguage.googleapis.com", "gemini-3.7-flash",
             tokens(kMillion, 0), 1500000, "2027-01-01T00:00:00Z"},
        Bill{"Nothing", "api.openai.com", "gpt-4o", tokens(0, 0), 0},
        Bill{"UnknownIsNotFree", "api.openai.com", "gpt-99", tokens(1, 1), std::nullopt},
        Bill{"NoModel", "api.openai.com", "", tokens(1, 1), std::nullopt},
        Bill{"AbsurdCountsDoNotOverflow", "api.openai.com", "gpt-6-astra",
             tokens(~std::uint64_t{0}, ~std::uint64_t{0}), std::uint64_t{95} * kMillion* kMillion}),
    [](const auto& bill) { return bill.param.name; });

struct Name {
  std::string name;
  std::string model;
  std::optional<std::uint64_t> input_price;  // micro-USD a million
};

void PrintTo(const Name& name, std::ostream* out) { *out << name.name; }

class PricedModel : public testing::TestWithParam<Name> {};

TEST_P(PricedModel, IsFoundByTheMostSpecificName) {
  EXPECT_EQ(cost_micro_usd({"api.example", GetParam().model, kNow}, tokens(100'000, 0)),
            GetParam().input_price ? std::optional(*GetParam().input_price / 10) : std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    Names, PricedModel,
    testing::Values(Name{"Whole", "gpt-4o", 2'500'000}, Name{"Longer", "gpt-4o-mini", 150'000},
                    Name{"Dated", "gpt-4o-2024-08-06", 2'500'000},
                    Name{"LongerDated", "gpt-4o-mini-2024-07-18", 150'000},
                    Name{"DatedWithoutDashes", "claude-opus-4-5-20251101", 5'000'000},
                    Name{"Latest", "claude-haiku-4-5-latest", 1'000'000},
                    Name{"Preview", "gemini-2.5-flash-preview-09-2025", 300'000},
                    Name{"Numbered", "gemini-2.5-pro-002", 1'250'000},
                    Name{"WithCollection", "models/gemini-2.5-flash-lite", 100'000},
                    Name{"WithVendorAndDots", "anthropic/claude-opus-4.5", 5'000'000},
                    Name{"Vertex", "claude-opus-4-5@20251101", 5'000'000},
                    Name{"Bedrock", "us.anthropic.claude-opus-4-5-20251101-v1:0", 5'000'000},
                    Name{"BedrockNova", "amazon.nova-lite-v1:0", 60'000},
                    Name{"ASiblingIsAnotherModel", "gpt-4.1-mini", std::nullopt},
                    Name{"TheNextNumberIsAnotherModel", "claude-opus-5-7", std::nullopt},
                    Name{"AudioIsAnotherModel", "gpt-4o-audio-preview", std::nullopt},
                    Name{"FreeIsAnotherPrice", "openai/gpt-4o:free", std::nullopt},
                    Name{"APartIsNoName", "gpt-4", std::nullopt}),
    [](const auto& name) { return name.param.name; });

TEST(Prices, OfTheConfigurationComeFirst) {
  const std::vector<ModelPrice> overrides{
      {"my-model", {.input = 1'000'000, .output = 4'000'000, .cached_input = 100'000}},
      {"gpt-*", {.input = 7'000'000, .output = 7'000'000}},
      {"gpt-4o*", {.input = 8'000'000, .output = 8'000'000}},
      {"gpt-4o-mini", {.input = 9'000'000, .output = 9'000'000}}};
  const auto cost = [&](std::string_view model, const Usage& usage) {
    return cost_micro_usd({"api.openai.com", model, kNow}, usage, overrides);
  };

  EXPECT_EQ(cost("my-model", {.input_tokens = 1000, .cached_tokens = 500, .output_tokens = 10}),
            500u + 50u + 40u);
  EXPECT_EQ(cost("gpt-4.1", tokens(1000, 0)), 7000u);
  EXPECT_EQ(cost("gpt-4o-2024-08-06", tokens(1000, 0)), 8000u);
  EXPECT_EQ(cost("gpt-4o-mini", tokens(1000, 0)), 9000u);
  EXPECT_EQ(cost("claude-haiku-4-5", tokens(1000, 0)), 1000u);
}

TEST(Prices, ListIsWellFormed) {
  std::set<std::string_view> providers{""};
  for (const KnownProvider& known : known_providers()) providers.insert(known.endpoint);
  std::set<std::tuple<std::string_view, std::string_view, Hours, std::chrono::sys_days>> seen;
  for (const ListedPrice& listed : price_list()) {
    SCOPED_TRACE(std::string(listed.provider) + " " + std::string(listed.model));
    EXPECT_TRUE(providers.contains(listed.provider));
    EXPECT_TRUE(seen.emplace(listed.provider, listed.model, listed.hours, listed.from).second);
    EXPECT_GT(listed.price.input, 0u);
    EXPECT_LE(listed.price.cached_input.value_or(0), listed.price.input);
    EXPECT_GE(listed.price.cache_write.value_or(listed.price.input), listed.price.input);
    EXPECT_EQ(listed.long_from != 0, listed.long_price.input != 0);
    EXPECT_LT(listed.from, listed.until);
  }
}

}  // namespace
}  // namespace keypool::provider
