#include "cli/demo_view.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

KeyStats key(std::string name, std::uint64_t successes, std::uint64_t rate_limits, double load) {
  KeyStats stats;
  stats.name = std::move(name);
  stats.successes = successes;
  stats.rate_limits = rate_limits;
  stats.window_load = load;
  return stats;
}

DemoMoment moment() {
  DemoMoment now{.elapsed = 12'345ms,
                 .length = 60s,
                 .counts = {.calls = 60, .answered = 55, .failed = 1},
                 .keys = {key("small", 10, 3, 500), key("large", 45, 0, 1000)},
                 .now = WallTime{1'000'000ms}};
  now.keys[0].state = KeyState::cooling;
  now.keys[0].until = now.now + 7s;
  return now;
}

TEST(DemoFrame, ShowsTimeCallsAndKeys) {
  EXPECT_EQ(demo_frame(moment(), {.columns = 100}),
            "12s of 1m   55 answered, 1 failed, 4 running\n"
            "\n"
            "KEY    STATE    LOAD              IN FLIGHT  ANSWERED  429  READY\n"
            "small  cooling  ████████░░░░░░░░          0        10    3  in 7s\n"
            "large  ready    ████████████████          0        45    0\n");
}

TEST(DemoFrame, FitsTheScreen) {
  std::istringstream lines(
      demo_frame(moment(), {.interactive = true, .colour = false, .columns = 70}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 70u) << line;
}

TEST(DemoProgress, IsOneLine) {
  EXPECT_EQ(demo_progress(moment()),
            " 12s  55 answered, 1 failed, 4 running; 3 refused by the provider with 429\n");
}

TEST(DemoSummary, ComparesWithTheLargestKeyAlone) {
  const DemoResult result{.length = 60s,
                          .counts = {.calls = 300, .answered = 300, .failed = 0},
                          .keys = moment().keys,
                          .best_key = "large",
                          .best_key_alone = 187};
  EXPECT_EQ(demo_summary(result, {}),
            "300 of 300 calls answered in 1m, over 2 keys.\n"
            "3 times the provider said 429; another key took over, and no caller saw it.\n"
            "Alone, the largest key (large) would have answered 187 of them: 62%.\n");
}

}  // namespace
}  // namespace keypool::cli
