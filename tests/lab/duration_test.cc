#include "lab/duration.h"

#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(parse_duration("300ms"), 300ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m"), 120s);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0ms);
}

TEST(Duration, IsNothingWithoutUnitOrSense) {
  for (const char* text : {"", "5", "s", "-1s", "1 s", "1d", "inf s", "nans", "1e300s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsToldAsGoTellsIt) {
  EXPECT_EQ(go_duration(0ns), "0s");
  EXPECT_EQ(go_duration(1ns), "1ms");
  EXPECT_EQ(go_duration(12ms), "12ms");
  EXPECT_EQ(go_duration(1s), "1s");
  EXPECT_EQ(go_duration(7660ms), "7.66s");
  EXPECT_EQ(go_duration(6min), "6m0s");
  EXPECT_EQ(go_duration(4min + 12'172ms), "4m12.172s");
  EXPECT_EQ(go_duration(1h + 500ms), "1h0m0.5s");
}

TEST(Duration, IsToldInWholeSecondsThatAreEnough) {
  EXPECT_EQ(whole_seconds(0ms), "0");
  EXPECT_EQ(whole_seconds(1ms), "1");
  EXPECT_EQ(whole_seconds(3405ms), "4");
}

}  // namespace
}  // namespace keypool::lab
