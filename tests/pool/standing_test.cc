// What a pool has found out outlasts its run.
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

const LeaseRequest kRefuse{.when_none_ready = WhenNoneReady::refuse};
constexpr WallTime kEndOfTime{std::chrono::milliseconds{std::numeric_limits<std::int64_t>::max()}};
constexpr WallTime kStartOfTime{
    std::chrono::milliseconds{std::numeric_limits<std::int64_t>::min()}};

/// The same keys again, `later`; the wall clock stepped by `step` meanwhile.
struct NextRun {
  PoolOf api;

  NextRun(const PoolOf& before, std::initializer_list<const char*> keys,
          std::chrono::milliseconds later = 0ms, std::chrono::milliseconds step = 0ms)
      : api(keys) {
    api.clock.step_wall(before.clock.wall() - api.clock.wall() + later + step);
    api.pool.restore_standing(before.pool.standing());
  }
};

void refuse_key(PoolOf& api, const char* key) {
  static_cast<void>(api.lease_of(key).key_refused("invalid key"));
}

const LaneStats* lane_of(const std::vector<LaneStats>& lanes, std::string_view key) {
  for (const LaneStats& lane : lanes) {
    for (const std::string& name : lane.keys) {
      if (name == key) return &lane;
    }
  }
  return nullptr;
}

TEST(Standing, OfAPoolThatNothingHappenedToIsEmpty) {
  PoolOf api({"a", "b"});
  api.use(100);
  EXPECT_TRUE(api.pool.standing().empty());
}

TEST(Standing, ARestThatStillRunsGoesOn) {
  PoolOf before({"a", "b"});
  before.lease_of("a").rate_limited(60s);
  NextRun after(before, {"a", "b"}, 20s);

  const KeyStats stats = after.api.stats_of("a");
  EXPECT_EQ(stats.state, KeyState::cooling);
  EXPECT_EQ(stats.until, after.api.clock.wall() + 40s);
  EXPECT_EQ(after.api.use(1), "b");
  after.api.clock.advance(40s);
  EXPECT_EQ(after.api.stats_of("a").state, KeyState::ready);
  EXPECT_EQ(after.api.use(1), "a");
}

TEST(Standing, ARestThatEndedMeanwhileIsOver) {
  PoolOf before({"a"});
  before.lease_of("a").rate_limited(60s);
  NextRun after(before, {"a"}, 61s);

  EXPECT_EQ(after.api.stats_of("a").state, KeyState::ready);
  EXPECT_TRUE(after.api.pool.standing().empty());
}

TEST(Standing, AClockThatStepsBackFreezesNoKeyForLongerThanItsRestWas) {
  PoolOf before({"a"});
  before.lease_of("a").rate_limited(60s);
  before.clock.advance(20s);
  NextRun after(before, {"a"}, 0s, -24h);

  EXPECT_EQ(after.api.stats_of("a").until, after.api.clock.wall() + 60s);
  after.api.clock.advance(60s);
  EXPECT_EQ(after.api.use(1, kRefuse), "a");
}

TEST(Standing, AClockThatStepsForwardEndsRests) {
  PoolOf before({"a"});
  before.lease_of("a").rate_limited(60s);
  NextRun after(before, {"a"}, 0s, 24h);
  EXPECT_EQ(after.api.stats_of("a").state, KeyState::ready);
}

TEST(Standing, ARestGrowsAsIfThereHadBeenOneRun) {
  PoolOf before({"a"});
  refuse_key(before, "a");
  NextRun after(before, {"a"});
  after.api.clock.advance(15min);
  refuse_key(after.api, "a");
  const auto rest = *after.api.stats_of("a").until - after.api.clock.wall();
  EXPECT_GE(rest, 60min);
  EXPECT_LE(rest, 66min);
}

TEST(Standing, AnInvalidKeyKeepsItsReason) {
  PoolOf before({"a", "b"});
  refuse_key(before, "a");
  NextRun after(before, {"a", "b"}, 1min);

  const KeyStats stats = after.api.stats_of("a");
  EXPECT_EQ(stats.state, KeyState::invalid);
  EXPECT_EQ(stats.reason, "invalid key");
  EXPECT_EQ(stats.until, after.api.clock.wall() + 14min);
}

TEST(Standing, ALeakedKeyStaysOutForGood) {
  PoolOf before({"a", "b"});
  before.lease_of("a").key_leaked("leaked");
  NextRun after(before, {"a", "b"}, 24h * 3000);

  EXPECT_EQ(after.api.stats_of("a").state, KeyState::invalid);
  EXPECT_EQ(after.api.stats_of("a").until, std::nullopt);
  after.api.pool.reset_key(kApi, "a");
  EXPECT_EQ(after.api.stats_of("a").state, KeyState::ready);
}

TEST(Standing, ADepletedGroupIsDepletedForAllItsKeys) {
  const auto add = [](PoolOf& api) {
    for (const char* key : {"a", "b"}) {
      api.pool.add_key(kApi, {.name = key, .secret = Secret("s"), .group = "team"});
    }
  };
  PoolOf before({});
  add(before);
  before.lease_of("a").group_depleted("no credit left", 2h);
  PoolOf after({});
  add(after);
  after.pool.restore_standing(before.pool.standing());

  for (const char* key : {"a", "b"}) {
    EXPECT_EQ(after.stats_of(key).state, KeyState::depleted);
    EXPECT_EQ(after.stats_of(key).reason, "no credit left");
  }
}

TEST(Standing, WhatAnOperatorTookOutStaysOut) {
  PoolOf before({"a", "b", "c"});
  before.pool.disable_key(kApi, "a");
  before.pool.drain_key(kApi, "b");
  NextRun after(before, {"a", "b", "c"});

  EXPECT_EQ(after.api.stats_of("a").state, KeyState::disabled);
  EXPECT_EQ(after.api.stats_of("b").state, KeyState::draining);
  EXPECT_EQ(after.api.stats_of("c").state, KeyState::ready);
}

TEST(Standing, NoKeyIsEnabledByIt) {
  PoolOf before({"a"});
  PoolOf after({"a"});
  after.pool.disable_key(kApi, "a");
  after.pool.restore_standing({{kApi, {{.key = "a"}}}});
  EXPECT_EQ(after.stats_of("a").state, KeyState::disabled);
}

TEST(Standing, AModelThatAKeyMayNotUseStaysClosedForIt) {
  PoolOf before({"a", "b"});
  before.lease_of("a", {.model = "m"}).model_refused("no access");
  NextRun after(before, {"a", "b"}, 1min);

  EXPECT_EQ(after.api.use(1, {.model = "m"}), "b");
  EXPECT_EQ(after.api.use(1, {.model = "m"}), "b");
  const auto lanes = after.api.pool.lanes(kApi);
  ASSERT_NE(lane_of(lanes, "a"), nullptr);
  EXPECT_EQ(lane_of(lanes, "a")->fault, LaneFault::model_refused);
}

TEST(Standing, KeysOfOneAccountShareItsLimitsAgain) {
  PoolOf before({"a", "b"});
  for (const char* key : {"a", "b"}) {
    Lease lease = before.lease_of(key);
    lease.belongs_to("org-1");
    lease.release();
  }
  NextRun after(before, {"a", "b"});
  after.api.lease_of("a").rate_limited(60s);
  EXPECT_EQ(after.api.stats_of("b").state, KeyState::cooling);
}

TEST(Standing, WhatHeadersToldIsKnownAgainWithWhatIsLeft) {
  PoolOf before({"a"});
  Lease lease = before.lease_of("a");
  const LimitNotice told{.dimension = Dimension::requests_per_day, .limit = 100, .remaining = 25};
  lease.observe(std::span(&told, 1));
  lease.succeed({});
  NextRun after(before, {"a"});

  const auto lanes = after.api.pool.lanes(kApi);
  ASSERT_EQ(lanes.size(), 1u);
  ASSERT_EQ(lanes[0].rooms.size(), 1u);
  EXPECT_EQ(lanes[0].rooms[0].source, LimitSource::reported);
  EXPECT_EQ(lanes[0].rooms[0].limit, 100u);
  EXPECT_NEAR(lanes[0].rooms[0].left, 25, 0.01);
}

EndpointStanding learned(const char* key, std::uint64_t tokens_per_minute,
                         std::optional<WallTime> full_at = std::nullopt) {
  return {kApi,
          {{.key = key,
            .lanes = {{.limits = {{.dimension = Dimension::tokens_per_minute,
                                   .source = LimitSource::learned,
                                   .limit = tokens_per_minute,
                                   .full_at = full_at}}}}}}};
}

TEST(Standing, ALearnedLimitOrdersKeysAgain) {
  PoolOf api({"small", "large"});
  api.pool.restore_standing({learned("small", 1000), learned("large", 9000)});
  int large = 0;
  for (int call = 0; call < 20; ++call) large += api.use(100) == "large" ? 1 : 0;
  EXPECT_GE(large, 17);
}

TEST(Standing, ALearnedLimitExcludesNoCall) {
  PoolOf api({"a"});
  api.pool.restore_standing({learned("a", 1000, api.clock.wall() + 1min)});
  const LeaseRequest large{.estimated_input_tokens = 50'000,
                           .when_none_ready = WhenNoneReady::refuse};
  auto lease = api.pool.lease(kApi, large);  // as a probe, as no other lane is open
  ASSERT_TRUE(lease) << lease.error().message();
  lease->succeed({.input_tokens = 50'000});
}

TEST(Standing, WhatIsConfiguredOverrulesWhatWasLearnedAboveIt) {
  PoolOf api({});
  ModelLimits configured{.model = "*", .limits = {}};
  configured.limits[Dimension::tokens_per_minute] = 5000;
  for (const char* key : {"higher", "lower"}) {
    api.pool.add_key(kApi,
                     {.name = key, .secret = Secret("s"), .options = {.limits = {configured}}});
  }
  api.pool.restore_standing({learned("higher", 9000), learned("lower", 3000)});
  for (const char* key : {"higher", "lower"}) api.lease_of(key).succeed({});

  const auto lanes = api.pool.lanes(kApi);
  EXPECT_EQ(lane_of(lanes, "higher")->rooms[0].limit, 5000u);
  EXPECT_EQ(lane_of(lanes, "higher")->rooms[0].source, LimitSource::configured);
  EXPECT_EQ(lane_of(lanes, "lower")->rooms[0].limit, 3000u);
  EXPECT_EQ(lane_of(lanes, "lower")->rooms[0].source, LimitSource::learned);
}

TEST(Standing, WhatThePoolKnowsIsNotTakenBack) {
  PoolOf before({"a"});
  before.lease_of("a").rate_limited(10s);
  PoolOf after({"a"});
  after.lease_of("a").rate_limited(60s);
  after.pool.restore_standing(before.pool.standing());
  EXPECT_EQ(after.stats_of("a").until, after.clock.wall() + 60s);
}

TEST(Standing, OfAKeyThatIsNotRegisteredIsKeptAndGivenToItThen) {
  PoolOf before({"a"});
  refuse_key(before, "a");
  before.lease_of("a").rate_limited(60s);
  NextRun after(before, {});

  EXPECT_EQ(after.api.pool.standing(), before.pool.standing());
  after.api.pool.add_key(kApi, {.name = "a", .secret = Secret("s")});
  EXPECT_EQ(after.api.stats_of("a").state, KeyState::invalid);
  EXPECT_EQ(after.api.pool.standing(), before.pool.standing());
  after.api.clock.advance(24h);
  EXPECT_TRUE(after.api.pool.standing().empty());
}

TEST(Standing, OfAKeyThatIsNotRegisteredIsForgottenWhenItHasEnded) {
  PoolOf before({"a"});
  before.lease_of("a").rate_limited(60s);
  NextRun after(before, {});
  after.api.clock.advance(60s);
  EXPECT_TRUE(after.api.pool.standing().empty());
}

TEST(Standing, AbsurdTimesAndLimitsHaveNoEffectOrABoundedOne) {
  PoolOf api({"a"});
  const auto rest = [](WallTime since, std::optional<WallTime> until) {
    return RestStanding{.since = since, .until = until, .in_a_row = 4'000'000'000};
  };
  KeyStanding absurd{.key = "a"};
  absurd.depleted = rest({}, std::nullopt);
  absurd.lanes = {{.fault = LaneFault::none, .rest = rest({}, kEndOfTime)},
                  {.fault = LaneFault::rate_limit, .rest = rest(kEndOfTime, kStartOfTime)},
                  {.fault = LaneFault::rate_limit, .rest = rest({}, std::nullopt)},
                  {.limits = {{.limit = 0}, {.source = LimitSource::none, .limit = 9}}},
                  {.model = "m",
                   .limits = {{.source = LimitSource::reported,
                               .limit = std::numeric_limits<std::uint64_t>::max(),
                               .full_at = kEndOfTime}}}};
  EXPECT_EQ(api.pool.restore_standing({{kApi, {absurd}}}), 1u);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);

  absurd.refused = rest(kStartOfTime, kEndOfTime);
  api.pool.restore_standing({{kApi, {absurd}}});
  api.clock.advance(24h * 367);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  EXPECT_EQ(api.use(1, {.model = "m"}), "a");
}

TEST(StandingProperty, OfAPoolThatWasRestoredIsWhatWasRestored) {
  EXPECT_TRUE(rc::check([] {
    const auto pick = [](std::size_t count) { return *rc::gen::inRange<std::size_t>(0, count); };
    const std::initializer_list<const char*> kKeys{"a", "b", "c"};
    const char* const kModels[] = {"", "m"};
    PoolOf before(kKeys);
    const auto steps = pick(40);
    for (std::size_t step = 0; step < steps; ++step) {
      const char* const key = kKeys.begin()[pick(3)];
      auto lease = before.pool.lease(
          kApi, {.model = kModels[pick(2)], .estimated_input_tokens = pick(2) * 500});
      if (lease && pick(2) == 0) {
        const LimitNotice told{.dimension = static_cast<Dimension>(pick(kDimensions)),
                               .limit = 1000 + pick(10'000),
                               .remaining = pick(10'000)};
        lease->observe(std::span(&told, 1));
      }
      if (lease && pick(4) == 0) lease->belongs_to(pick(2) == 0 ? "org-1" : "org-2");
      switch (pick(10)) {
        case 0:
          if (lease) static_cast<void>(lease->key_refused("401"));
          break;
        case 1:
          if (lease) lease->group_depleted("402", std::chrono::milliseconds(pick(9'000'000)));
          break;
        case 2:
          if (lease) lease->model_refused("404");
          break;
        case 3:
        case 4:
          if (lease) lease->rate_limited();
          break;
        case 5:
          before.pool.disable_key(kApi, key);
          break;
        case 6:
          before.pool.drain_key(kApi, key);
          break;
        case 7:
          before.pool.enable_key(kApi, key);
          break;
        case 8:
          before.clock.advance(std::chrono::milliseconds(pick(600'000)));
          break;
        default:
          if (lease) lease->succeed({.input_tokens = pick(3000)});
          break;
      }
    }
    const auto saved = before.pool.standing();
    NextRun once(before, kKeys);
    RC_ASSERT(once.api.pool.standing() == saved);
    once.api.pool.restore_standing(saved);
    RC_ASSERT(once.api.pool.standing() == saved);
    NextRun unregistered(before, {});
    RC_ASSERT(unregistered.api.pool.standing() == saved);
  }));
}

}  // namespace
}  // namespace keypool
