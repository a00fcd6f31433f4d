#include "gateway/times.h"

#include <chrono>
#include <numeric>

#include <gtest/gtest.h>

#include "gateway/counters.h"

namespace keypool::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Times, CountEachInTheBucketWhoseBoundItDoesNotPass) {
  Times times;
  for (const auto time : {0ms, 1ms, 2ms, 400'000ms}) times.add(time);
  Distribution found;
  times.add_to(found);
  EXPECT_EQ(found.counts.front(), 2u) << "1 ms is within the first";
  EXPECT_EQ(found.counts[1], 1u);
  EXPECT_EQ(found.counts.back(), 1u) << "beyond every bound";
  EXPECT_EQ(std::accumulate(found.counts.begin(), found.counts.end(), 0u), 4u);
  EXPECT_NEAR(found.seconds, 400.003, 1e-6);
}

TEST(Times, OfAllReactorsAreTold) {
  Counters counters;
  counters.new_times("openai").upstream.add(3s);
  counters.new_times("openai").upstream.add(4s);
  EXPECT_NEAR(counters.times_of("openai").upstream.seconds, 7, 1e-6);
  EXPECT_EQ(counters.times_of("other").upstream.seconds, 0);
}

}  // namespace
}  // namespace keypool::gateway
