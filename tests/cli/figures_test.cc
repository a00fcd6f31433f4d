#include "cli/figures.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

TEST(WholeCount, GroupsThousands) {
  EXPECT_EQ(whole_count(0), "0");
  EXPECT_EQ(whole_count(999), "999");
  EXPECT_EQ(whole_count(1'000), "1,000");
  EXPECT_EQ(whole_count(1'234'567), "1,234,567");
}

TEST(ShortCount, KeepsTwoOrThreeDigitsAndAUnit) {
  EXPECT_EQ(short_count(0), "0");
  EXPECT_EQ(short_count(999), "999");
  EXPECT_EQ(short_count(1'000), "1.0k");
  EXPECT_EQ(short_count(1'234), "1.2k");
  EXPECT_EQ(short_count(34'600), "35k");
  EXPECT_EQ(short_count(999'400), "999k");
  EXPECT_EQ(short_count(1'234'567), "1.2M");
  EXPECT_EQ(short_count(5'000'000'000), "5.0G");
}

TEST(ShortCount, NeverShowsAThousandOfAUnit) {
  EXPECT_EQ(short_count(9'960), "10k");
  EXPECT_EQ(short_count(999'600), "1.0M");
  EXPECT_EQ(short_count(999'999'999), "1.0G");
  EXPECT_EQ(short_count(std::numeric_limits<std::uint64_t>::max()), "18E");
}

TEST(DurationText, ShowsTheTwoUnitsThatMatter) {
  EXPECT_EQ(duration_text(0ms), "0ms");
  EXPECT_EQ(duration_text(850ms), "850ms");
  EXPECT_EQ(duration_text(12'900ms), "12s");
  EXPECT_EQ(duration_text(80s), "1m 20s");
  EXPECT_EQ(duration_text(2min), "2m");
  EXPECT_EQ(duration_text(2h + 5min + 59s), "2h 5m");
  EXPECT_EQ(duration_text(76h), "3d 4h");
}

TEST(UntilText, SaysWhenOrNothing) {
  EXPECT_EQ(until_text(std::nullopt), "");
  EXPECT_EQ(until_text(0ms), "now");
  EXPECT_EQ(until_text(-5ms), "now");
  EXPECT_EQ(until_text(12s), "in 12s");
}

TEST(Counted, KnowsOneFromMany) {
  EXPECT_EQ(counted(0, "key"), "0 keys");
  EXPECT_EQ(counted(1, "key"), "1 key");
  EXPECT_EQ(counted(1'500, "key"), "1,500 keys");
}

TEST(Bar, FillsByEighths) {
  EXPECT_EQ(bar(0, 4), "░░░░");
  EXPECT_EQ(bar(0.5, 4), "██░░");
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(0.375, 4), "█▌░░");
}

TEST(Bar, StaysWithinItsWidth) {
  EXPECT_EQ(bar(7, 3), "███");
  EXPECT_EQ(bar(-1, 3), "░░░");
}

TEST(Bar, ShowsALittleOfAnythingAboveZero) { EXPECT_EQ(bar(0.0001, 2), "▏░"); }

}  // namespace
}  // namespace keypool::cli
