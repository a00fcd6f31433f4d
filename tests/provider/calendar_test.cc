// Ends of days and months, where the provider's limits live.
#include "provider/calendar.h"

#include <chrono>
#include <ostream>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace keypool::provider {
namespace {

using namespace std::chrono_literals;

WallTime at(std::string_view text) { return parse_rfc3339(text).value(); }

struct Midnight {
  std::string name;
  std::string now;
  std::string next;
};

void PrintTo(const Midnight& midnight, std::ostream* out) { *out << midnight.name; }

class PacificMidnight : public testing::TestWithParam<Midnight> {};

TEST_P(PacificMidnight, Follows) {
  EXPECT_EQ(next_pacific_midnight(at(GetParam().now)), at(GetParam().next));
}

INSTANTIATE_TEST_SUITE_P(
    Days, PacificMidnight,
    testing::Values(
        Midnight{"Winter", "2026-11-23T12:00:00Z", "2026-11-24T08:00:00Z"},
        Midnight{"Summer", "2026-07-21T12:00:00Z", "2026-07-22T07:00:00Z"},
        Midnight{"JustBefore", "2026-07-22T06:59:59.999Z", "2026-07-22T07:00:00Z"},
        Midnight{"AtMidnightItself", "2026-07-22T07:00:00Z", "2026-07-23T07:00:00Z"},
        Midnight{"EveningBeforeClocksGoForward", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"},
        Midnight{"DayClocksGoForward", "2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"},
        Midnight{"EveningBeforeClocksGoBack", "2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z"},
        Midnight{"DayClocksGoBack", "2026-11-01T08:30:00Z", "2026-11-02T08:00:00Z"},
        Midnight{"NewYear", "2026-12-31T20:00:00Z", "2027-01-01T08:00:00Z"}),
    [](const auto& midnight) { return midnight.param.name; });

TEST(PacificMidnight, IsAheadByAtMostADayOfTwentyFiveHours) {
  rc::check([] {
    const auto now = at("2020-01-01T00:00:00Z") +
                     std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 946'000'000'000));
    const auto ahead = next_pacific_midnight(now) - now;
    RC_ASSERT(ahead > 0ms);
    RC_ASSERT(ahead <= 25h);
  });
}

TEST(Calendar, DaysAndMonthsEndInUtc) {
  EXPECT_EQ(next_utc_midnight(at("2026-11-23T12:00:00Z")), at("2026-11-24T00:00:00Z"));
  EXPECT_EQ(next_utc_midnight(at("2026-11-24T00:00:00Z")), at("2026-11-25T00:00:00Z"));
  EXPECT_EQ(next_month(at("2026-11-23T12:00:00Z")), at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(next_month(at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
  EXPECT_EQ(next_month(at("2028-01-31T00:00:00Z")), at("2028-02-01T00:00:00Z"));
}

TEST(Calendar, WeeksBeginOnMonday) {
  EXPECT_EQ(next_utc_monday(at("2026-11-22T23:59:59Z")), at("2026-11-23T00:00:00Z"));
  EXPECT_EQ(next_utc_monday(at("2026-11-23T00:00:00Z")), at("2026-11-30T00:00:00Z"));
  EXPECT_EQ(next_utc_monday(at("2026-11-24T12:00:00Z")), at("2026-11-30T00:00:00Z"));
}

TEST(Calendar, FindsADateInAText) {
  EXPECT_EQ(find_date("You will regain access on 2026-12-01 at 00:00 UTC."),
            at("2026-12-01T00:00:00Z"));
  EXPECT_EQ(find_date("model claude-3-5-2024 … 2026-13-01 … 2026-12-02"),
            at("2026-12-02T00:00:00Z"));
  EXPECT_EQ(find_date("no date - none"), std::nullopt);
}

TEST(Calendar, RefusesWhatIsNoRfc3339) {
  for (const auto* text : {"", "2026-07-21", "2026-07-21T14:30:00", "2026-07-21T14:30Z",
                           "2026-02-30T14:30:00Z", "2026-07-21T24:30:00Z", "26-07-21T14:30:00Z",
                           "2026-07-21T14:30:00Zx", "2026-07-21T14:30:00+0200"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace keypool::provider
