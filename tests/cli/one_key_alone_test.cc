#include "cli/one_key_alone.h"

#include <cmath>

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

constexpr lab::Charge kCall{.tokens = 100, .input_tokens = 20, .output_tokens = 80};

lab::Key key(lab::ModelLimits limits) {
  lab::Key one;
  one.name = "key";
  one.limits = std::move(limits);
  return one;
}

std::vector<std::chrono::nanoseconds> every(std::chrono::nanoseconds gap, int count) {
  std::vector<std::chrono::nanoseconds> arrivals;
  for (int i = 1; i <= count; ++i) arrivals.push_back(i * gap);
  return arrivals;
}

TEST(AnsweredAlone, IsEverythingWithoutALimit) {
  EXPECT_EQ(answered_alone(every(1ms, 500), key({}), "demo", kCall), 500);
}

TEST(AnsweredAlone, IsTheBurstAndWhatRefills) {
  // 6 at once, then one a second: of 20 calls a second for 30 s it takes 36.
  const auto limited = key({{"*", {.rpm = 60, .burst = 0.1}}});
  EXPECT_NEAR(static_cast<double>(answered_alone(every(50ms, 600), limited, "demo", kCall)), 36, 1);
}

TEST(AnsweredAlone, CountsTokensAsWell) {
  const auto limited = key({{"*", {.rpm = 1000, .tpm = 600}}});
  EXPECT_EQ(answered_alone(every(1ms, 50), limited, "demo", kCall), 6);
}

TEST(SustainedRate, IsTheNarrowestOfTheLimits) {
  EXPECT_DOUBLE_EQ(sustained_rate(key({{"*", {.rpm = 120}}}), "demo", kCall), 2);
  EXPECT_DOUBLE_EQ(sustained_rate(key({{"*", {.rpm = 120, .tpm = 3000}}}), "demo", kCall), 0.5);
}

TEST(SustainedRate, IsThatOfTheFirstPatternThatMatches) {
  const auto limited = key({{"gpt-*", {.rpm = 60}}, {"*", {.rpm = 180}}});
  EXPECT_DOUBLE_EQ(sustained_rate(limited, "gpt-4.1", kCall), 1);
  EXPECT_DOUBLE_EQ(sustained_rate(limited, "demo", kCall), 3);
}

TEST(SustainedRate, IsInfiniteWithoutALimit) {
  EXPECT_TRUE(std::isinf(sustained_rate(key({{"gpt-*", {.rpm = 60}}}), "demo", kCall)));
}

}  // namespace
}  // namespace keypool::cli
