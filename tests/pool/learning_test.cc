#include "pool/learning.h"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

#include "pool/estimates.h"
#include "pool/key.h"

namespace keypool::pool {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRequests = 0;
constexpr std::size_t kTokens = 1;
constexpr Cost kCall{.input = 1000};
constexpr MonotonicTime kStart{1h};

/// A lane that was refused when it had spent this much, and then spends a call a second.
struct Lane {
  MonotonicTime now = kStart;
  Learning learning;

  explicit Lane(std::array<double, Learning::kMeters> most = {})
      : learning({.calls = 20, .input = 20'000}, most, kStart) {}

  std::optional<Dimension> refused(std::optional<Dimension> told = std::nullopt) {
    return learning.refused(kCall, told, true, now);
  }

  void spend(int calls) {
    for (int call = 0; call < calls; ++call) {
      learning.spend(kCall);
      now += 1s;
    }
  }
};

TEST(Learning, WhatIsSpentBetweenTwoRefusalsTellsTheLimit) {
  Lane lane;
  lane.refused();
  lane.spend(60);
  EXPECT_EQ(lane.refused(), Dimension::tokens_per_minute);
  EXPECT_NEAR(lane.learning.limit(kTokens), 60'000, 2'000);

  lane.spend(600);
  lane.refused();
  EXPECT_NEAR(lane.learning.limit(kTokens), 60'000, 2'000);
}

TEST(Learning, WhatWasRefusedIsNotAmongWhatWasSpent) {
  Lane lane;
  lane.refused();
  lane.spend(60);
  lane.learning.spend(kCall);
  lane.learning.give_back(kCall, lane.now);
  lane.learning.give_back(kCall, kStart - 1s);  // charged before the first refusal
  lane.refused();
  EXPECT_NEAR(lane.learning.limit(kTokens), 60'000, 2'000);
}

TEST(Learning, OnlyTheLimitThatAnAnswerNamesIsLearned) {
  Lane lane;
  EXPECT_EQ(lane.refused(Dimension::requests_per_minute), Dimension::requests_per_minute);
  EXPECT_GT(lane.learning.limit(kRequests), 0);
  EXPECT_EQ(lane.learning.limit(kTokens), 0);
}

TEST(Learning, TooFewCallsTeachNothing) {
  Lane lane;
  EXPECT_EQ(lane.learning.refused(kCall, std::nullopt, false, lane.now), std::nullopt);
  EXPECT_EQ(lane.learning.limit(kTokens), 0);
  EXPECT_EQ(lane.learning.probe_at(), kNever);
}

// With calls of one size nobody can tell which of the two it is; either will do.
TEST(Learning, ALimitThatFellIsFound) {
  Lane lane;
  lane.refused();
  for (int sample = 0; sample < 5; ++sample) {
    lane.spend(60);
    lane.refused();
  }
  for (int sample = 0; sample < 10; ++sample) {
    lane.spend(10);
    lane.now += 50s;
    lane.refused();
  }
  EXPECT_NEAR(std::min(lane.learning.limit(kRequests), lane.learning.limit(kTokens) / 1000), 10, 2);
}

TEST(Learning, AProbeThatFindsRoomRaisesWhatItTested) {
  Lane lane;
  lane.refused();
  const double tokens = lane.learning.limit(kTokens);
  const double requests = lane.learning.limit(kRequests);
  lane.now = lane.learning.probe_at();
  lane.learning.begin_probe(kCall, {false, true}, lane.now);
  EXPECT_TRUE(lane.learning.is_probe(lane.now));
  lane.learning.probe_found_room(lane.now);

  EXPECT_GT(lane.learning.limit(kTokens), tokens);
  EXPECT_EQ(lane.learning.limit(kRequests), requests);
  EXPECT_EQ(lane.learning.found_room(kTokens), 1000);
  EXPECT_EQ(lane.learning.found_room(kRequests), 0);
  EXPECT_EQ(lane.learning.probe_at(), lane.now);
}

TEST(Learning, AfterARefusedProbeTheNextComesLater) {
  Lane lane;
  lane.refused();
  auto gap = lane.learning.probe_at() - lane.now;
  for (int probe = 0; probe < 5; ++probe) {
    lane.now = lane.learning.probe_at();
    lane.learning.begin_probe(kCall, {true, true}, lane.now);
    lane.refused();
    const auto next = lane.learning.probe_at() - lane.now;
    EXPECT_GE(next, gap);
    gap = next;
  }
  EXPECT_EQ(gap, 40s);
}

TEST(Learning, NothingIsLearnedAboveWhatAnOperatorKnows) {
  Lane lane({0, 15'000});
  lane.spend(600);
  lane.refused();
  EXPECT_LE(lane.learning.limit(kTokens), 15'000);
}

TEST(Estimates, AConstantErrorIsFoundWithoutSwinging) {
  Estimates estimates;
  std::deque<std::uint32_t> under_way;
  for (std::uint32_t call = 0; call < 2000; ++call) {
    under_way.push_back(100 + call % 50);
    if (under_way.size() <= 100) continue;
    const std::uint32_t asked = under_way.front();
    under_way.pop_front();
    estimates.learn(asked, asked, 3 * asked, asked / 4);
    const Cost cost = estimates.corrected(1000, 1000);
    ASSERT_NEAR(cost.input, 3000, 30);
    ASSERT_NEAR(cost.output, 250, 10);
  }
}

TEST(Estimates, WithoutAnIdeaOfTheOutputItsMeanIsReserved) {
  Estimates estimates;
  for (int call = 0; call < 500; ++call) estimates.learn(10, 0, 10, 200);
  EXPECT_NEAR(estimates.corrected(10, 0).output, 200, 1);
}

}  // namespace
}  // namespace keypool::pool
