#include <gtest/gtest.h>

#include <keypool/key_stats.h>

namespace keypool {
namespace {

using namespace std::chrono_literals;

TEST(KeyStats, WithoutDataTheSuccessRateIsOneHalfAndTheLatencyZero) {
  const KeyStats stats;
  EXPECT_DOUBLE_EQ(stats.success_rate(), 0.5);
  EXPECT_DOUBLE_EQ(stats.average_latency_ms(), 0.0);
  EXPECT_DOUBLE_EQ(stats.cost_usd(3, 15), 0.0);
}

TEST(KeyStats, RateLimitsDoNotCountInTheSuccessRate) {
  KeyStats stats;
  stats.successes = 3;
  stats.failures = 1;
  stats.rate_limits = 100;
  EXPECT_DOUBLE_EQ(stats.success_rate(), 0.75);
}

TEST(KeyStats, LatencyIsTheMeanOfSuccessfulCalls) {
  KeyStats stats;
  stats.successes = 4;
  stats.failures = 6;
  stats.total_latency = 1000ms;
  EXPECT_DOUBLE_EQ(stats.average_latency_ms(), 250.0);
}

TEST(KeyStats, CostFollowsThePricesPerMillionTokens) {
  KeyStats stats;
  stats.total_input_tokens = 2'000'000;
  stats.total_output_tokens = 500'000;
  EXPECT_DOUBLE_EQ(stats.cost_usd(3.0, 15.0), 13.5);
}

TEST(KeyState, IsSpelledAsTheOperatorSeesIt) {
  EXPECT_EQ(to_string(KeyState::ready), "ready");
  EXPECT_EQ(to_string(KeyState::cooling), "cooling");
  EXPECT_EQ(to_string(KeyState::depleted), "depleted");
  EXPECT_EQ(to_string(KeyState::invalid), "invalid");
  EXPECT_EQ(to_string(KeyState::disabled), "disabled");
  EXPECT_EQ(to_string(KeyState::draining), "draining");
}

}  // namespace
}  // namespace keypool
