#include "bench/http/latencies.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::bench {
namespace {

TEST(Latencies, APercentileIsTheSmallestSampleThatSoManyDoNotExceed) {
  Latencies latencies;
  for (int i = 100; i >= 1; --i) latencies.add(nanoseconds(i));

  EXPECT_EQ(latencies.percentile(0.5), nanoseconds(50));
  EXPECT_EQ(latencies.percentile(0.99), nanoseconds(99));
  EXPECT_EQ(latencies.percentile(0.999), nanoseconds(100));
  EXPECT_EQ(latencies.percentile(1.0), nanoseconds(100));
  EXPECT_EQ(latencies.percentile(0.0), nanoseconds(1));
}

TEST(Latencies, WithoutSamplesEverythingIsZero) {
  const Latencies latencies;

  EXPECT_EQ(latencies.percentile(0.99), nanoseconds(0));
  EXPECT_EQ(latencies.summary()["count"], 0);
}

TEST(Latencies, TheSummaryIsInMicroseconds) {
  Latencies latencies;
  latencies.add(nanoseconds(1500));

  EXPECT_DOUBLE_EQ(latencies.summary()["p50_us"].get<double>(), 1.5);
}

}  // namespace
}  // namespace keypool::bench
