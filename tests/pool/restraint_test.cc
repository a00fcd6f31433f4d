// What a lane keeps to when a provider asks for fewer calls at a time, or for a slower pace.
#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

const LeaseRequest kRefuse{.when_none_ready = WhenNoneReady::refuse};

/// Leases as many as one lane gives at once.
std::vector<Lease> as_many_as_go(PoolOf& api) {
  std::vector<Lease> leases;
  while (leases.size() < 100) {
    auto lease = api.pool.lease(kApi, kRefuse);
    if (!lease) break;
    leases.push_back(std::move(*lease));
  }
  return leases;
}

void succeed(std::vector<Lease>& leases) {
  for (Lease& lease : leases) lease.succeed({.input_tokens = 10});
  leases.clear();
}

/// Four calls under way beside a fifth, which was one too many; the rest is over, and the lane has
/// proven itself again.
void crowd(PoolOf& api) {
  std::vector<Lease> leases;
  for (int call = 0; call < 5; ++call) leases.push_back(std::move(*api.pool.lease(kApi)));
  leases.back().too_many_at_once();
  leases.pop_back();
  succeed(leases);
  api.clock.advance(1s);
  for (int call = 0; call < 10; ++call) api.use(10, kRefuse);
}

TEST(CallsAtOnce, AreAsManyAsWereUnderWayBesideTheRefusedOne) {
  PoolOf api({"a"});
  crowd(api);
  auto leases = as_many_as_go(api);
  EXPECT_EQ(leases.size(), 4u);
  leases.back().succeed({});
  leases.pop_back();
  EXPECT_TRUE(api.pool.lease(kApi, kRefuse)) << "a place became free";
}

TEST(CallsAtOnce, RestTheLaneForASecond) {
  PoolOf api({"a", "b"});
  api.lease_of("a").too_many_at_once();
  EXPECT_EQ(api.use(1), "b");
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 1s);
  EXPECT_EQ(api.stats_of("a").rate_limits, 1u);
}

TEST(CallsAtOnce, AreLoweredOnceByCallsThatWereUnderWayTogether) {
  PoolOf api({"a"});
  std::vector<Lease> leases;
  for (int call = 0; call < 6; ++call) leases.push_back(std::move(*api.pool.lease(kApi)));
  api.clock.advance(10ms);
  for (int call = 0; call < 3; ++call) {
    leases.back().too_many_at_once();
    leases.pop_back();
  }
  ASSERT_TRUE(api.pool.lanes(kApi)[0].at_once);
  EXPECT_EQ(api.pool.lanes(kApi)[0].at_once->most, 5);
}

TEST(CallsAtOnce, AreNeverFewerThanOne) {
  PoolOf api({"a"});
  for (int refusal = 0; refusal < 3; ++refusal) {
    api.lease_of("a").too_many_at_once();
    api.clock.advance(2s);
  }
  EXPECT_EQ(api.use(1, kRefuse), "a");
}

TEST(CallsAtOnce, AreFoundAgainByOneMoreAMinute) {
  PoolOf api({"a"});
  crowd(api);
  for (std::size_t expected : {5u, 6u}) {
    api.clock.advance(1min);
    auto leases = as_many_as_go(api);
    succeed(leases);
    leases = as_many_as_go(api);
    EXPECT_EQ(leases.size(), expected);
    succeed(leases);
  }
}

TEST(CallsAtOnce, AreForgottenAfterHalfAnHourWithoutARefusal) {
  PoolOf api({"a"});
  crowd(api);
  api.clock.advance(30min);
  api.use(10);
  EXPECT_EQ(as_many_as_go(api).size(), 100u);
  EXPECT_FALSE(api.pool.lanes(kApi)[0].at_once);
}

TEST(CallsAtOnce, AreSeenWithTheirSource) {
  PoolOf api({"a"});
  crowd(api);
  const auto lanes = api.pool.lanes(kApi);
  ASSERT_TRUE(lanes[0].at_once);
  EXPECT_EQ(lanes[0].at_once->source, LimitSource::learned);
  EXPECT_EQ(lanes[0].at_once->most, 4);
}

/// A call a second for five minutes, the last of which is asked to slow down; the rest is over.
void slow_down(PoolOf& api) {
  for (int call = 0; call < 300; ++call) {
    api.clock.advance(1s);
    api.use(10);
  }
  api.lease_of("a").told_to_slow_down();
  api.clock.advance(30s);
  api.use(10, kRefuse);
}

int calls_in_a_minute(PoolOf& api) {
  int calls = 0;
  for (int second = 0; second < 60; ++second) {
    api.clock.advance(1s);
    calls += api.use(10, kRefuse) == "a" ? 1 : 0;
  }
  return calls;
}

TEST(SlowDown, HalvesThePaceFor15Minutes) {
  PoolOf api({"a"});
  slow_down(api);
  EXPECT_NEAR(calls_in_a_minute(api), 30, 4);
  EXPECT_NEAR(calls_in_a_minute(api), 30, 4);
  api.clock.advance(15min);
  EXPECT_EQ(calls_in_a_minute(api), 60);
}

TEST(SlowDown, RestsTheLaneForHalfAMinuteOrAsTold) {
  PoolOf api({"a", "b"});
  api.lease_of("a").told_to_slow_down();
  api.lease_of("b").told_to_slow_down(5s);
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 30s);
  EXPECT_EQ(api.stats_of("b").until, api.clock.wall() + 5s);
}

TEST(SlowDown, AskedForAgainHalvesItAgain) {
  PoolOf api({"a"});
  slow_down(api);
  static_cast<void>(calls_in_a_minute(api));
  api.clock.advance(2s);
  api.lease_of("a").told_to_slow_down();
  api.clock.advance(30s);
  api.use(10, kRefuse);
  EXPECT_NEAR(calls_in_a_minute(api), 13, 5);
}

TEST(SlowDown, LetsTheOtherKeysServe) {
  PoolOf api({"a", "b"});
  slow_down(api);
  for (int call = 0; call < 10; ++call) EXPECT_NE(api.use(10, kRefuse).substr(0, 4), "none");
}

TEST(SlowDown, IsSeenWithItsSourceUntilItEndsOrIsReset) {
  PoolOf api({"a"});
  slow_down(api);
  const auto lanes = api.pool.lanes(kApi);
  ASSERT_TRUE(lanes[0].calls_per_minute);
  EXPECT_EQ(lanes[0].calls_per_minute->source, LimitSource::learned);
  EXPECT_NEAR(lanes[0].calls_per_minute->most, 30, 2);
  EXPECT_EQ(lanes[0].calls_per_minute->until, api.clock.wall() + 15min - 30s);
  api.pool.reset_key(kApi, "a");
  EXPECT_FALSE(api.pool.lanes(kApi)[0].calls_per_minute);
}

TEST(SlowDown, WakesACallThatWaitsWhenThePaceAllows) {
  PoolOf api({"a"});
  slow_down(api);
  std::string got;
  const auto waiting = api.pool.lease_when_ready(
      kApi, {.lease = {}, .deadline = api.clock.now() + 10s},
      [&](std::expected<Lease, LeaseError> lease) { got = lease ? lease->key_name() : "none"; });
  ASSERT_EQ(got, "");
  for (int tenth = 0; tenth < 25; ++tenth) {
    api.clock.advance(100ms);
    api.pool.run_due();
  }
  EXPECT_EQ(got, "a");
}

}  // namespace
}  // namespace keypool
