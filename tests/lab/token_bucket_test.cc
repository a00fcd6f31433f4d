#include "lab/token_bucket.h"

#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, BeginsFull) {
  const TokenBucket bucket(10, 1, 5s);

  EXPECT_EQ(bucket.level(5s), 10);
  EXPECT_TRUE(bucket.holds(5s, 10));
  EXPECT_FALSE(bucket.holds(5s, 11));
}

TEST(TokenBucket, RefillsSteadilyUpToItsCapacity) {
  TokenBucket bucket(10, 2, 0s);
  bucket.take(0s, 10);

  EXPECT_DOUBLE_EQ(bucket.level(500ms), 1);
  EXPECT_DOUBLE_EQ(bucket.level(3s), 6);
  EXPECT_DOUBLE_EQ(bucket.level(1h), 10);
}

TEST(TokenBucket, MayBeOverdrawnAndThenRefillsFromBelowZero) {
  TokenBucket bucket(10, 1, 0s);
  bucket.take(0s, 25);

  EXPECT_DOUBLE_EQ(bucket.level(0s), -15);
  EXPECT_FALSE(bucket.holds(15s, 1));
  EXPECT_TRUE(bucket.holds(16s, 1));
}

TEST(TokenBucket, TakesBackWhatWasTooMuchButNeverOverflows) {
  TokenBucket bucket(10, 1, 0s);
  bucket.take(0s, 4);
  bucket.give(0s, 100);

  EXPECT_DOUBLE_EQ(bucket.level(0s), 10);
}

TEST(TokenBucket, HoldsAnAmountExactlyWhenItSaidItWould) {
  TokenBucket bucket(1000, 7.0 / 3, 0s);
  bucket.take(0s, 1000);
  for (const double amount : {0.001, 1.0, 3.3, 999.0, 1000.0}) {
    const WorldTime wait = bucket.until(0s, amount);
    EXPECT_TRUE(bucket.holds(wait, amount)) << amount;
    EXPECT_FALSE(bucket.holds(wait - 10us, amount)) << amount;
  }
}

TEST(TokenBucket, NeedsNoWaitForWhatItHolds) {
  const TokenBucket bucket(10, 1, 0s);
  EXPECT_EQ(bucket.until(0s, 10), 0s);
}

TEST(TokenBucket, SaysWhenItIsFullForWhatNeverFits) {
  TokenBucket bucket(10, 1, 0s);
  bucket.take(0s, 4);

  EXPECT_FALSE(bucket.fits(11));
  EXPECT_EQ(bucket.until(0s, 11), 4s);
}

TEST(TokenBucket, KeepsWhatIsSpentWhenItsSizeChanges) {
  TokenBucket bucket(100, 1, 0s);
  bucket.take(0s, 90);

  bucket.resize(0s, 50, 2);
  EXPECT_DOUBLE_EQ(bucket.level(0s), 10);
  EXPECT_DOUBLE_EQ(bucket.level(5s), 20);

  bucket.resize(5s, 4, 2);
  EXPECT_DOUBLE_EQ(bucket.level(5s), 4);
}

}  // namespace
}  // namespace keypool::lab
