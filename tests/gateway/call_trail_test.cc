#include "gateway/call_trail.h"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "tests/pool/fake_clock.h"

namespace keypool::gateway {
namespace {

using namespace std::chrono_literals;

class ATrail : public testing::Test {
 protected:
  ATrail() {
    trail_.begin(clock_.now());
    trail_.go_to(times_);
  }

  void try_key(const std::string& key, TryEnd end) {
    trail_.key_is_asked_for(clock_.now());
    clock_.advance(10ms);
    trail_.key_is_had(key, clock_.now());
    clock_.advance(100ms);
    trail_.try_ends(end, 429, "why", clock_.now());
  }

  [[nodiscard]] static std::uint64_t counted(const Times& times) {
    Distribution sum;
    times.add_to(sum);
    return std::accumulate(sum.counts.begin(), sum.counts.end(), std::uint64_t{0});
  }

  FakeClock clock_;
  EndpointTimes<Times> times_;
  CallTrail trail_;
};

TEST_F(ATrail, TellsTriesByTheTimeSinceTheCallCame) {
  try_key("A", TryEnd::throttled);
  try_key("B", TryEnd::success);
  ASSERT_EQ(trail_.tries().size(), 2u);
  EXPECT_EQ(trail_.tries()[1].key, "B");
  EXPECT_EQ(trail_.tries()[1].began, 120ms);
  EXPECT_EQ(trail_.tries()[1].ended, 220ms);
  EXPECT_EQ(trail_.waited(), 20ms);
  EXPECT_EQ(trail_.last_end(), TryEnd::success);
  EXPECT_EQ(counted(times_.lease_wait), 2u);
  EXPECT_EQ(counted(times_.upstream), 1u) << "of requests that succeeded";
}

TEST_F(ATrail, EndsWhatHasNotEnded) {
  trail_.key_is_asked_for(clock_.now());
  trail_.key_is_had("A", clock_.now());
  clock_.advance(50ms);
  trail_.ends(Outcome::hung_up, 0, clock_.now());
  ASSERT_EQ(trail_.tries().size(), 1u);
  EXPECT_EQ(trail_.tries()[0].verdict, "hung_up");
  EXPECT_EQ(trail_.tries()[0].ended, 50ms);
}

TEST_F(ATrail, CountsAWaitThatWasInVain) {
  trail_.key_is_asked_for(clock_.now());
  clock_.advance(3s);
  trail_.ends(Outcome::refused, 429, clock_.now());
  EXPECT_EQ(trail_.waited(), 3s);
  EXPECT_TRUE(trail_.tries().empty());
  EXPECT_EQ(counted(times_.lease_wait), 1u);
}

TEST_F(ATrail, KeepsTheFirstTriesAndTheLastOfVeryMany) {
  for (int i = 0; i < 1000; ++i) try_key(std::to_string(i), TryEnd::bad_key);
  ASSERT_EQ(trail_.tries().size(), 32u);
  EXPECT_EQ(trail_.tries().front().key, "0");
  EXPECT_EQ(trail_.tries().back().key, "999");
}

TEST_F(ATrail, TakesOnlyTheFirstByte) {
  clock_.advance(70ms);
  trail_.first_byte_passes(clock_);
  clock_.advance(70ms);
  trail_.first_byte_passes(clock_);
  EXPECT_EQ(trail_.first_byte(), 70ms);
  EXPECT_EQ(counted(times_.first_byte), 1u);
}

TEST_F(ATrail, KnowsNothingOfTheCallBefore) {
  try_key("A", TryEnd::throttled);
  trail_.begin(clock_.now());
  EXPECT_TRUE(trail_.tries().empty());
  EXPECT_EQ(trail_.waited(), 0ms);
  EXPECT_EQ(trail_.last_end(), std::nullopt);
  EXPECT_EQ(trail_.first_byte(), std::nullopt);
}

}  // namespace
}  // namespace keypool::gateway
