#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

TEST(KeyRefused, TakesTheKeyOutUntilASlowProbe) {
  PoolOf api({"bad", "good"});
  api.lease_of("bad").key_refused("401 invalid_api_key");

  EXPECT_EQ(api.stats_of("bad").state, KeyState::invalid);
  EXPECT_EQ(api.stats_of("bad").reason, "401 invalid_api_key");
  EXPECT_EQ(api.stats_of("bad").until, api.clock.wall() + 15min);
  for (int call = 0; call < 5; ++call) EXPECT_EQ(api.use(1000), "good");
}

TEST(KeyRefused, OneProbeAtATimeDecides) {
  PoolOf api({"bad"});
  api.lease_of("bad").key_refused("401");
  api.clock.advance(15min);

  auto probe = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
  ASSERT_TRUE(probe);
  EXPECT_FALSE(api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse}));
  probe->key_refused("401");
  const auto second = *api.stats_of("bad").until - api.clock.wall();
  EXPECT_GE(second, 1h);
  EXPECT_LE(second, 66min);

  api.clock.advance(second + 1ms);
  api.use(1);
  EXPECT_EQ(api.stats_of("bad").state, KeyState::ready);
  EXPECT_EQ(api.stats_of("bad").reason, "");
  auto one = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
  auto two = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
  EXPECT_TRUE(one && two);
}

TEST(KeyRefused, ACallFromBeforeProvesNothing) {
  PoolOf api({"bad"});
  Lease old = api.lease_of("bad");
  Lease refused = api.lease_of("bad");
  api.clock.advance(1s);
  refused.key_refused("401");
  old.succeed({});
  EXPECT_EQ(api.stats_of("bad").state, KeyState::invalid);
}

TEST(GroupDepleted, TakesAllKeysOfTheGroupOut) {
  PoolOf api({"other"});
  for (const char* name : {"a1", "a2"}) {
    api.pool.add_key(kApi, {.name = name, .secret = Secret("s"), .group = "a"});
  }
  api.lease_of("a1").group_depleted("no credit");

  EXPECT_EQ(api.stats_of("a1").state, KeyState::depleted);
  EXPECT_EQ(api.stats_of("a2").state, KeyState::depleted);
  EXPECT_EQ(api.stats_of("a2").reason, "no credit");
  EXPECT_EQ(api.pool.available_keys(kApi), 1u);
  for (int call = 0; call < 5; ++call) EXPECT_EQ(api.use(1000), "other");
}

TEST(GroupDepleted, LastsUntilTheDateGiven) {
  PoolOf api({"a"});
  api.lease_of("a").group_depleted("spend limit", 72h);
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 72h);
  api.clock.advance(72h);
  EXPECT_EQ(api.use(1), "a");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(ModelRefused, RestsTheLaneAloneForTenMinutesDoublingToADay) {
  PoolOf api({"a", "b"});
  api.lease_of("a", {.model = "large"}).model_refused("no access");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  EXPECT_EQ(api.use(1, {.model = "small"}), "a");
  for (int call = 0; call < 5; ++call) EXPECT_EQ(api.use(10, {.model = "large"}), "b");

  api.clock.advance(10min);
  api.lease_of("a", {.model = "large"}).model_refused("no access");
  api.clock.advance(10min);
  for (int call = 0; call < 5; ++call) EXPECT_EQ(api.use(10, {.model = "large"}), "b");
}

TEST(EndpointFailed, BlamesNoKey) {
  PoolOf api({"a"});
  api.lease_of("a").endpoint_failed("connection refused");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  EXPECT_EQ(api.stats_of("a").failures, 1u);
  EXPECT_EQ(api.stats_of("a").last_failure, "connection refused");
}

TEST(Operator, DisablesAndEnablesAKey) {
  PoolOf api({"a", "b"});
  EXPECT_TRUE(api.pool.disable_key(kApi, "a"));
  EXPECT_EQ(api.stats_of("a").state, KeyState::disabled);
  for (int call = 0; call < 3; ++call) EXPECT_EQ(api.use(1000), "b");

  EXPECT_TRUE(api.pool.enable_key(kApi, "a"));
  EXPECT_EQ(api.use(1), "a");
}

TEST(Operator, ADisabledKeyIsNeverLeasedEvenAsTheLastOne) {
  PoolOf api({"a"});
  api.pool.disable_key(kApi, "a");
  api.clock.advance(24h * 365);

  const auto none = api.pool.lease(kApi);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, LeaseErrorKind::all_cooling);
  EXPECT_EQ(none.error().retry_after, std::nullopt);
}

TEST(Operator, ResetEndsEveryRestOfTheKey) {
  PoolOf api({"a"});
  api.lease_of("a", {.model = "m"}).rate_limited(1h);
  api.lease_of("a").key_refused("401");
  api.pool.disable_key(kApi, "a");

  EXPECT_TRUE(api.pool.reset_key(kApi, "a"));

  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  EXPECT_TRUE(api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse}));
  EXPECT_TRUE(api.pool.lease(kApi, {.model = "m", .when_none_ready = WhenNoneReady::refuse}));
}

}  // namespace
}  // namespace keypool
