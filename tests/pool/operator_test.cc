// What an operator may do with a key.
#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

const LeaseRequest kRefuse{.when_none_ready = WhenNoneReady::refuse};

TEST(Drain, GivesNoNewCallAndLetsThoseInFlightEnd) {
  PoolOf api({"a", "b"});
  Lease under_way = api.lease_of("a");
  EXPECT_TRUE(api.pool.drain_key(kApi, "a"));

  EXPECT_EQ(api.stats_of("a").state, KeyState::draining);
  EXPECT_EQ(api.stats_of("a").in_flight, 1u);
  for (int call = 0; call < 4; ++call) EXPECT_EQ(api.use(1), "b");
  under_way.succeed({.input_tokens = 10});
  EXPECT_EQ(api.stats_of("a").state, KeyState::draining);
  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
  EXPECT_EQ(api.stats_of("a").successes, 1u);
}

TEST(Drain, ADrainedKeyIsNeverTheSoonest) {
  PoolOf api({"a"});
  api.pool.drain_key(kApi, "a");
  const auto lease = api.pool.lease(kApi);
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().kind, LeaseErrorKind::all_cooling);
}

TEST(Drain, EndsWithEnableOrReset) {
  PoolOf api({"a"});
  api.pool.drain_key(kApi, "a");
  api.pool.enable_key(kApi, "a");
  EXPECT_EQ(api.use(1, kRefuse), "a");
  api.pool.drain_key(kApi, "a");
  api.pool.reset_key(kApi, "a");
  EXPECT_EQ(api.use(1, kRefuse), "a");
}

TEST(Drain, OfAnUnknownKeyIsFalse) {
  PoolOf api({"a"});
  EXPECT_FALSE(api.pool.drain_key(kApi, "x"));
  EXPECT_FALSE(api.pool.drain_key("elsewhere", "a"));
}

TEST(Probe, AnInvalidKeyIsTriedByTheNextCall) {
  PoolOf api({"a", "b"});
  static_cast<void>(api.lease_of("a").key_refused("401"));
  ASSERT_EQ(api.stats_of("a").state, KeyState::invalid);

  EXPECT_TRUE(api.pool.probe_key(kApi, "a"));
  EXPECT_EQ(api.use(1), "a");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Probe, ThatIsRefusedPutsTheKeyBack) {
  PoolOf api({"a", "b"});
  static_cast<void>(api.lease_of("a").key_refused("401"));
  api.pool.probe_key(kApi, "a");
  auto probe = api.pool.lease(kApi);
  ASSERT_TRUE(probe);
  ASSERT_EQ(probe->key_name(), "a");
  EXPECT_EQ(api.use(1), "b");  // one call alone probes
  static_cast<void>(probe->key_refused("401"));
  EXPECT_EQ(api.stats_of("a").state, KeyState::invalid);
}

TEST(Probe, ADepletedGroupIsTriedByTheNextCall) {
  PoolOf api({"a", "b"});
  api.lease_of("a").group_depleted("no credit", 24h);
  api.pool.probe_key(kApi, "a");
  EXPECT_EQ(api.use(1), "a");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Probe, ACoolingLaneIsTriedWhateverItsLimitsHaveLeft) {
  PoolOf api({"a", "b"});
  Lease lease = api.lease_of("a");
  const LimitNotice full{.dimension = Dimension::tokens_per_minute, .limit = 1000, .remaining = 0};
  lease.observe(std::span(&full, 1));
  lease.rate_limited(60s);
  ASSERT_EQ(api.use(1), "b");
  api.pool.probe_key(kApi, "a");
  EXPECT_EQ(api.use(1), "a");
  EXPECT_EQ(api.use(1), "b");
}

TEST(Probe, AKeyOfAHigherTierIsTriedToo) {
  PoolOf api({"a"});
  api.pool.add_key(kApi, {.name = "paid", .secret = Secret("s"), .options = {.tier = 1}});
  EXPECT_TRUE(api.pool.probe_key(kApi, "paid"));
  EXPECT_EQ(api.use(1), "paid");
  EXPECT_EQ(api.use(1), "a");
}

TEST(Probe, GoesToACallThatMayUseTheKey) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited(60s);
  api.pool.probe_key(kApi, "a");
  const KeyId tried = [&] {
    Lease lease = api.lease_of("b", {.same_group_as = "b"});
    const KeyId id = lease.key_id();
    lease.release();
    return id;
  }();
  EXPECT_EQ(api.use(1, {.avoid = std::span(&tried, 1)}), "a");
}

TEST(Probe, WakesACallThatWaits) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(60s);
  std::string got;
  const auto waiting = api.pool.lease_when_ready(
      kApi, {.lease = {}, .deadline = api.clock.now() + 90s},
      [&](std::expected<Lease, LeaseError> lease) { got = lease ? lease->key_name() : "none"; });
  ASSERT_EQ(got, "");
  api.pool.probe_key(kApi, "a");
  EXPECT_EQ(got, "a");
}

TEST(Probe, ChangesNothingForKeysThatAreOutForGood) {
  PoolOf api({"disabled", "drained", "leaked", "other"});
  api.lease_of("leaked").key_leaked("leaked");
  api.pool.disable_key(kApi, "disabled");
  api.pool.drain_key(kApi, "drained");
  for (const char* key : {"disabled", "drained", "leaked"}) {
    EXPECT_TRUE(api.pool.probe_key(kApi, key));
    EXPECT_EQ(api.use(1), "other") << key;
  }
}

TEST(Probe, IsForgottenWithItsKey) {
  PoolOf api({"a", "b"});
  api.pool.probe_key(kApi, "a");
  api.pool.remove_key(kApi, "a");
  EXPECT_EQ(api.use(1), "b");
}

TEST(ReportRateLimit, MayNameTheLimitThatWasReached) {
  PoolOf api({"a"});
  for (int call = 0; call < 6; ++call) api.use(1000);
  api.lease_of("a").detach();
  EXPECT_TRUE(api.pool.report_rate_limit(kApi, "a", 1s, Dimension::requests_per_minute));
  const auto lanes = api.pool.lanes(kApi);
  ASSERT_EQ(lanes.size(), 1u);
  ASSERT_EQ(lanes[0].rooms.size(), 1u);
  EXPECT_EQ(lanes[0].rooms[0].dimension, Dimension::requests_per_minute);
  EXPECT_EQ(lanes[0].rooms[0].source, LimitSource::learned);
}

}  // namespace
}  // namespace keypool
