#include "lab/quota.h"

#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;

Charge tokens(double amount) { return {.tokens = amount, .input_tokens = amount}; }

TEST(Quota, AdmitsUpToTheRequestsOfAMinuteAtOnce) {
  Quota quota({.rpm = 3}, 0s);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(quota.admit(0s, tokens(1)));

  const auto refusal = quota.admit(0s, tokens(1));

  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->dimension, Dimension::requests);
  EXPECT_EQ(refusal->limit, 3);
  EXPECT_EQ(refusal->retry_after, 20s);
  EXPECT_FALSE(quota.admit(20s, tokens(1)));
}

TEST(Quota, TakesNothingFromAnyDimensionWhenOneRefuses) {
  Quota quota({.rpm = 10, .tpm = 100}, 0s);
  EXPECT_TRUE(quota.admit(0s, tokens(90 + 20)));

  EXPECT_EQ(quota.headroom(0s, Dimension::requests)->remaining, 10);
  EXPECT_EQ(quota.headroom(0s, Dimension::tokens)->remaining, 100);
}

TEST(Quota, NamesTheDimensionThatRefillsLast) {
  Quota quota({.rpm = 1, .rpd = 1}, 0s);
  EXPECT_FALSE(quota.admit(0s, tokens(1)));

  const auto refusal = quota.admit(0s, tokens(1));

  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->dimension, Dimension::requests_per_day);
  EXPECT_EQ(refusal->retry_after, 24h);
}

TEST(Quota, SaysWhenACallIsTooLargeForAnyWait) {
  Quota quota({.tpm = 100}, 0s);

  const auto refusal = quota.admit(0s, tokens(101));

  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->too_large);
  EXPECT_EQ(refusal->requested, 101);
}

TEST(Quota, SettlesToWhatACallCameTo) {
  Quota quota({.tpm = 100}, 0s);
  EXPECT_FALSE(quota.admit(0s, tokens(60)));

  quota.settle(0s, tokens(60), tokens(10));
  EXPECT_EQ(quota.headroom(0s, Dimension::tokens)->remaining, 90);

  EXPECT_FALSE(quota.admit(0s, tokens(10)));
  quota.settle(0s, tokens(10), tokens(200));
  EXPECT_EQ(quota.headroom(0s, Dimension::tokens)->remaining, 0);
  EXPECT_TRUE(quota.admit(0s, tokens(1)));
}

TEST(Quota, ChargesOutputThatIsCountedApartOnlyAfterwards) {
  Quota quota({.output_tpm = 60}, 0s);
  const Charge question{.tokens = 5, .input_tokens = 5};
  EXPECT_FALSE(quota.admit(0s, question));
  EXPECT_FALSE(quota.admit(0s, question));

  quota.settle(0s, question, {.tokens = 95, .input_tokens = 5, .output_tokens = 90});

  const auto refusal = quota.admit(0s, question);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->dimension, Dimension::output_tokens);
  EXPECT_EQ(refusal->retry_after, 31s);
}

TEST(Quota, LetsOnlyTheBurstPassAtOnce) {
  Quota quota({.rpm = 60, .burst = 0.05}, 0s);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(quota.admit(0s, tokens(1)));
  EXPECT_TRUE(quota.admit(0s, tokens(1)));
  EXPECT_FALSE(quota.admit(1s, tokens(1)));
}

TEST(Quota, TellsTheLimitOfAMinuteAndWhenItIsFull) {
  Quota quota({.rpm = 60}, 0s);
  EXPECT_FALSE(quota.admit(0s, tokens(1)));

  const auto headroom = quota.headroom(0s, Dimension::requests);

  ASSERT_TRUE(headroom);
  EXPECT_EQ(headroom->limit, 60);
  EXPECT_EQ(headroom->remaining, 59);
  EXPECT_EQ(headroom->full_after, 1s);
  EXPECT_EQ(quota.headroom(0s, Dimension::tokens), std::nullopt);
}

TEST(Organization, GivesEachModelBucketsOfItsOwn) {
  Organization organization({{"gpt-*", {.rpm = 1}}});

  EXPECT_FALSE(organization.quota("gpt-a", 0s)->admit(0s, tokens(1)));
  EXPECT_TRUE(organization.quota("gpt-a", 0s)->admit(0s, tokens(1)));
  EXPECT_FALSE(organization.quota("gpt-b", 0s)->admit(0s, tokens(1)));
  EXPECT_EQ(organization.quota("other", 0s), nullptr);
}

TEST(Organization, TakesTheFirstPatternThatFits) {
  Organization organization({{"gpt-*", {.rpm = 7}}, {"*", {.rpm = 1}}});

  EXPECT_EQ(organization.quota("gpt-a", 0s)->headroom(0s, Dimension::requests)->limit, 7);
  EXPECT_EQ(organization.quota("other", 0s)->headroom(0s, Dimension::requests)->limit, 1);
}

TEST(Organization, ChangesTheLimitsOfModelsInUse) {
  Organization organization({{"*", {.rpm = 10}}});
  Quota* quota = organization.quota("m", 0s);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(quota->admit(0s, tokens(1)));

  organization.change(0s, {{"*", {.rpm = 5, .tpm = 100}}});

  EXPECT_EQ(quota->headroom(0s, Dimension::requests)->limit, 5);
  EXPECT_EQ(quota->headroom(0s, Dimension::requests)->remaining, 1);
  EXPECT_EQ(quota->headroom(0s, Dimension::tokens)->remaining, 100);
}

}  // namespace
}  // namespace keypool::lab
