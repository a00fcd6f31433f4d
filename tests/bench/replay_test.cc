#include "bench/goodput/replay.h"

#include <gtest/gtest.h>

namespace keypool::bench {
namespace {

using namespace std::chrono_literals;

TEST(BusiestStretch, IsTheOneWithTheMostCallsCountedFromItsFirst) {
  const lab::Trace trace{{.at = 0s},  {.at = 10s, .input_tokens = 1},
                         {.at = 11s}, {.at = 12s},
                         {.at = 30s}, {.at = 31s}};

  const lab::Trace piece = busiest(trace, 2s);

  ASSERT_EQ(piece.size(), 2u);
  EXPECT_EQ(piece[0].input_tokens, 1u);
  EXPECT_EQ(piece[0].at, 0s);
  EXPECT_EQ(piece[1].at, 1s);
}

TEST(BusiestStretch, OfNothingIsNothing) { EXPECT_TRUE(busiest({}, 1s).empty()); }

TEST(Replay, TakesEachCallThroughGatewayAndProvider) {
  lab::Scenario scenario = lab::unequal_keys_scenario();
  scenario.pace = {.first_token = 10ms};
  lab::Trace trace;
  for (int i = 0; i < 40; ++i) {
    trace.push_back({.at = 5ms * i, .input_tokens = 100, .output_tokens = 10});
  }

  const Replayed replayed = replay(scenario, trace, 30s);

  EXPECT_EQ(replayed.calls, 40u);
  EXPECT_EQ(replayed.failed, 0u);
  EXPECT_EQ(replayed.refused, 0u);
  EXPECT_EQ(replayed.waits.size(), 40u);
}

TEST(Replay, CountsWhatFailsAndWhatIsRefused) {
  lab::Scenario scenario;
  scenario.keys.push_back({.name = "a", .secret = "sk-demo-a", .limits = {{"*", {.rpm = 1}}}});
  const lab::Trace trace{{.at = 0s, .input_tokens = 10, .output_tokens = 1},
                         {.at = 1ms, .input_tokens = 10, .output_tokens = 1}};

  const Replayed replayed = replay(scenario, trace, 0ms);

  EXPECT_EQ(replayed.failed, 1u);
  EXPECT_LE(replayed.refused, 1u);
}

}  // namespace
}  // namespace keypool::bench
