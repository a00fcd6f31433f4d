#include "cli/one_key_alone.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

std::vector<std::chrono::nanoseconds> every(std::chrono::nanoseconds gap, int count) {
  std::vector<std::chrono::nanoseconds> arrivals;
  for (int i = 1; i <= count; ++i) arrivals.push_back(i * gap);
  return arrivals;
}

TEST(AnsweredAlone, IsEverythingWithoutALimit) {
  EXPECT_EQ(answered_alone(every(1ms, 500), {}, 50), 500);
}

TEST(AnsweredAlone, IsTheBurstAndWhatRefills) {
  // 10 at once, then one a second: of 20 calls a second for 30 s it takes 10 + 30.
  const lab::Limits limits{.rpm = 60, .burst = 10.0 / 60};
  EXPECT_NEAR(static_cast<double>(answered_alone(every(50ms, 600), limits, 50)), 40, 1);
}

TEST(AnsweredAlone, CountsTokensAsWell) {
  // 600 tokens a minute at once, 100 a call.
  const lab::Limits limits{.rpm = 1000, .tpm = 600};
  EXPECT_EQ(answered_alone(every(1ms, 50), limits, 100), 6);
}

TEST(SustainedRate, IsTheNarrowerOfTheLimits) {
  EXPECT_DOUBLE_EQ(sustained_rate({.rpm = 120}, 50), 2);
  EXPECT_DOUBLE_EQ(sustained_rate({.rpm = 120, .tpm = 3000}, 50), 1);
}

TEST(LimitsFor, AreThoseOfTheFirstPatternThatFits) {
  const lab::Key key{.name = "a",
                     .secret = "s",
                     .limits = {{"gpt-4", {.rpm = 1}}, {"demo", {.rpm = 2}}, {"*", {.rpm = 3}}}};
  EXPECT_EQ(limits_for(key, "demo").rpm, 2);
  EXPECT_EQ(limits_for(key, "other").rpm, 3);
}

}  // namespace
}  // namespace keypool::cli
