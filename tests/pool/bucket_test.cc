#include "pool/bucket.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace keypool::pool {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1h};

Bucket bucket_of(double limit) {
  Bucket bucket(1min);
  bucket.set_limit(limit, kStart);
  return bucket;
}

TEST(Bucket, IsFullAtFirstAndRefillsSteadily) {
  Bucket bucket = bucket_of(600);
  EXPECT_DOUBLE_EQ(bucket.left(kStart), 600);
  bucket.take(600, kStart);
  EXPECT_NEAR(bucket.left(kStart), 0, 1e-6);
  EXPECT_NEAR(bucket.left(kStart + 6s), 60, 1e-6);
  EXPECT_NEAR(bucket.left(kStart + 2min), 600, 1e-6);
}

TEST(Bucket, OpensWhenThereIsRoomForTheAmount) {
  Bucket bucket = bucket_of(600);
  bucket.take(600, kStart);
  EXPECT_EQ(bucket.open_at(100), kStart + 10s);
}

TEST(Bucket, MoreThanTheLimitMayBeTakenOnceItIsFull) {
  Bucket bucket = bucket_of(600);
  EXPECT_LE(bucket.open_at(10'000), kStart);
  bucket.take(1, kStart);
  EXPECT_EQ(bucket.open_at(10'000), kStart + 100ms);
}

TEST(Bucket, AnotherLimitKeepsWhatIsUsed) {
  Bucket bucket = bucket_of(600);
  bucket.take(200, kStart);
  bucket.set_limit(300, kStart);
  EXPECT_NEAR(bucket.left(kStart), 100, 1e-6);
  bucket.set_limit(1200, kStart);
  EXPECT_NEAR(bucket.left(kStart), 1000, 1e-6);
}

TEST(BucketProperty, EqualsANaiveCounterThatIsRefilledByTheClock) {
  EXPECT_TRUE(rc::check([] {
    const double limit = *rc::gen::inRange(1, 100'000);
    Bucket bucket = bucket_of(limit);
    MonotonicTime now = kStart;
    double naive = limit;
    for (int step = 0; step < 100; ++step) {
      const auto pause = std::chrono::milliseconds(*rc::gen::inRange(0, 20'000));
      now += pause;
      naive = std::min(limit, naive + limit * std::chrono::duration<double>(pause).count() / 60.0);
      const double amount = *rc::gen::inRange(0, static_cast<int>(limit) + 1);
      const bool has_room = naive >= amount - 1e-6 * limit;
      if (std::abs(naive - amount) > 1e-5 * limit) {
        RC_ASSERT((bucket.open_at(amount) <= now) == has_room);
      }
      if (has_room) {
        bucket.take(amount, now);
        naive -= amount;
      }
      RC_ASSERT(std::abs(bucket.left(now) - naive) <= 1e-5 * limit);
    }
  }));
}

}  // namespace
}  // namespace keypool::pool
