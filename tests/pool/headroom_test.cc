#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

constexpr LeaseRequest kOrFail{.when_none_ready = WhenNoneReady::refuse};

ModelLimits tokens(std::uint64_t per_minute, std::string model = "*") {
  ModelLimits limits{.model = std::move(model), .limits = {}};
  limits.limits[Dimension::tokens_per_minute] = per_minute;
  return limits;
}

void add(KeyPool& pool, std::string name, KeyOptions options) {
  pool.add_key(kApi,
               {.name = std::move(name), .secret = Secret("s"), .options = std::move(options)});
}

double left(const KeyPool& pool, std::string_view key, Dimension dimension) {
  for (const LaneStats& lane : pool.lanes(kApi)) {
    if (lane.keys.front() != key) continue;
    for (const LaneStats::Room& room : lane.rooms) {
      if (room.dimension == dimension) return room.left;
    }
  }
  return -1e9;
}

TEST(Headroom, KeysServeInProportionToTheirLimits) {
  PoolOf api({});
  add(api.pool, "small", {.limits = {tokens(10'000)}});
  add(api.pool, "large", {.limits = {tokens(90'000)}});

  std::map<std::string, int> calls;
  for (int call = 0; call < 1000; ++call) {
    ++calls[api.use(1000)];
    api.clock.advance(700ms);
  }
  EXPECT_NEAR(calls["small"], 100, 12);
}

TEST(Headroom, ACallGoesWhereThereIsRoomForIt) {
  PoolOf api({});
  add(api.pool, "small", {.limits = {tokens(1000)}});
  add(api.pool, "large", {.limits = {tokens(100'000)}});
  api.lease_of("large").succeed({.input_tokens = 50'000});

  auto lease = api.pool.lease(
      kApi, {.estimated_input_tokens = 900, .when_none_ready = WhenNoneReady::refuse});
  EXPECT_EQ(lease->key_name(), "small");
  auto second = api.pool.lease(
      kApi, {.estimated_input_tokens = 900, .when_none_ready = WhenNoneReady::refuse});
  EXPECT_EQ(second->key_name(), "large");
}

TEST(Headroom, WithoutRoomTheErrorTellsWhenThereIsSome) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(60'000)}});
  api.use(60'000);

  const auto none = api.pool.lease(
      kApi, {.estimated_input_tokens = 5000, .when_none_ready = WhenNoneReady::refuse});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, LeaseErrorKind::all_cooling);
  EXPECT_LE(*none.error().retry_after, 6s);
  api.clock.advance(5s);
  EXPECT_TRUE(api.pool.lease(
      kApi, {.estimated_input_tokens = 4900, .when_none_ready = WhenNoneReady::refuse}));
}

TEST(Headroom, HeadersTellTheLimitAndWhatIsLeft) {
  PoolOf api({"a"});
  Lease lease = api.lease_of("a");
  const LimitNotice notices[] = {
      {.dimension = Dimension::tokens_per_minute, .limit = 60'000, .remaining = 600},
      {.dimension = Dimension::requests_per_minute, .limit = 500, .remaining = 499}};
  lease.observe(notices);
  lease.succeed({.input_tokens = 400});

  EXPECT_NEAR(left(api.pool, "a", Dimension::tokens_per_minute), 600, 1);
  EXPECT_NEAR(left(api.pool, "a", Dimension::requests_per_minute), 499, 0.1);
}

TEST(Headroom, WhatHeadersSayLeavesRoomForCallsTheyHaveNotSeen) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(10'000)}});
  const LeaseRequest request{.estimated_input_tokens = 1000};
  auto first = api.pool.lease(kApi, request);
  auto second = api.pool.lease(kApi, request);
  const LimitNotice seen_both{.dimension = Dimension::tokens_per_minute, .remaining = 7000};
  const LimitNotice seen_one{.dimension = Dimension::tokens_per_minute, .remaining = 9000};

  first->observe(std::span(&seen_one, 1));
  EXPECT_NEAR(left(api.pool, "a", Dimension::tokens_per_minute), 8000, 1);
  first->observe(std::span(&seen_both, 1));
  EXPECT_NEAR(left(api.pool, "a", Dimension::tokens_per_minute), 7000, 1);
}

TEST(Headroom, ALimitThatIsHalvedOrRaisedIsFollowed) {
  PoolOf api({"a"});
  for (const std::uint64_t limit : {60'000u, 30'000u, 90'000u}) {
    Lease lease = api.lease_of("a");
    const LimitNotice notice{.dimension = Dimension::tokens_per_minute, .limit = limit};
    lease.observe(std::span(&notice, 1));
    EXPECT_EQ(api.pool.lanes(kApi)[0].rooms[0].limit, limit);
    EXPECT_EQ(api.pool.lanes(kApi)[0].rooms[0].source, LimitSource::reported);
  }
}

TEST(Headroom, ALimitOfZeroMeansTheModelIsNotOnThisPlan) {
  PoolOf api({"a", "b"});
  Lease lease = api.lease_of("a");
  const LimitNotice never{.dimension = Dimension::requests_per_minute, .limit = 0};
  lease.observe(std::span(&never, 1));
  lease.rate_limited(1ms);
  api.clock.advance(1min);
  for (int call = 0; call < 4; ++call) EXPECT_EQ(api.use(10), "b");
}

TEST(Headroom, ARateLimitTeachesTheLimitAndTimeStretchesIt) {
  PoolOf api({"a"});
  for (int call = 0; call < 20; ++call) api.use(1000);
  api.lease_of("a").rate_limited(1s);

  const auto learned = api.pool.lanes(kApi)[0].rooms;
  ASSERT_EQ(learned.size(), 2u);
  EXPECT_EQ(learned[1].source, LimitSource::learned);
  EXPECT_NEAR(static_cast<double>(learned[1].limit), 20'000 * 0.95, 200);

  for (int minute = 0; minute < 5; ++minute) {
    api.clock.advance(1min);
    api.use(10);
  }
  EXPECT_GT(api.pool.lanes(kApi)[0].rooms[1].limit, learned[1].limit * 3 / 2);
}

TEST(Headroom, WhatWasLearnedRefusesNoCallAndGivesWayToSuccess) {
  PoolOf api({"a"});
  for (int call = 0; call < 5; ++call) api.use(1000);
  api.lease_of("a").rate_limited(1s);
  api.clock.advance(1s);

  for (int call = 0; call < 50; ++call) {
    auto lease = api.pool.lease(kApi, kOrFail);
    ASSERT_TRUE(lease) << lease.error().message();
    lease->succeed({.input_tokens = 1000});
    api.clock.advance(100ms);
  }
  EXPECT_GT(api.pool.lanes(kApi)[0].rooms[1].limit, 40'000u);
}

TEST(Headroom, OnlyTheLimitThatARefusalNamesIsUsedUp) {
  PoolOf api({});
  ModelLimits limits = tokens(60'000);
  limits.limits[Dimension::requests_per_minute] = 60;
  add(api.pool, "a", {.limits = {limits}});
  api.lease_of("a").rate_limited(1s, Dimension::requests_per_minute);

  EXPECT_LE(left(api.pool, "a", Dimension::requests_per_minute), 1);
  EXPECT_GT(left(api.pool, "a", Dimension::tokens_per_minute), 50'000);
}

TEST(Headroom, OneEarlyRateLimitTeachesNothing) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(1s);
  EXPECT_TRUE(api.pool.lanes(kApi)[0].rooms.empty());
}

TEST(Headroom, TheFirstLimitsThatFitTheModelCount) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(1000, "gpt-4*"), tokens(2000, "o1"), tokens(3000)}});
  for (const char* model : {"gpt-4.1", "o1", "other"}) api.use(1, {.model = model});

  std::map<std::string, std::uint64_t> limits;
  for (const LaneStats& lane : api.pool.lanes(kApi)) limits[lane.model] = lane.rooms[0].limit;
  EXPECT_EQ(limits["gpt-4.1"], 1000u);
  EXPECT_EQ(limits["o1"], 2000u);
  EXPECT_EQ(limits["other"], 3000u);
}

TEST(Headroom, EstimatesAreCorrectedByHowTheyTurnedOut) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(1'000'000)}});
  for (int call = 0; call < 100; ++call) {
    api.pool.lease(kApi, {.estimated_input_tokens = 300, .estimated_output_tokens = 4000})
        ->succeed({.input_tokens = 100, .output_tokens = 40});
    api.clock.advance(10s);
  }
  const double before = left(api.pool, "a", Dimension::tokens_per_minute);
  auto lease =
      api.pool.lease(kApi, {.estimated_input_tokens = 300, .estimated_output_tokens = 4000});
  EXPECT_NEAR(before - left(api.pool, "a", Dimension::tokens_per_minute), 140, 20);
}

TEST(Headroom, InputAndOutputAreLimitedApart) {
  PoolOf api({});
  ModelLimits limits{.model = "*", .limits = {}};
  limits.limits[Dimension::input_tokens_per_minute] = 10'000;
  limits.limits[Dimension::output_tokens_per_minute] = 1000;
  add(api.pool, "a", {.limits = {limits}});
  api.pool.lease(kApi)->succeed({.input_tokens = 100, .output_tokens = 1000});

  EXPECT_NEAR(left(api.pool, "a", Dimension::input_tokens_per_minute), 9900, 1);
  EXPECT_NEAR(left(api.pool, "a", Dimension::output_tokens_per_minute), 0, 1);
  EXPECT_FALSE(api.pool.lease(
      kApi, {.estimated_output_tokens = 100, .when_none_ready = WhenNoneReady::refuse}));
}

TEST(Headroom, ADaysRequestsComeBackOverTheDay) {
  PoolOf api({});
  ModelLimits limits{.model = "*", .limits = {}};
  limits.limits[Dimension::requests_per_day] = 24;
  add(api.pool, "a", {.limits = {limits}});
  int served = 0;
  while (served < 1000) {
    auto lease = api.pool.lease(kApi, kOrFail);
    if (!lease) break;
    lease->succeed({});
    ++served;
  }
  EXPECT_EQ(served, 24);
  api.clock.advance(1h);
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

/// What headroom promises, as twenty naive lines.
struct NaiveLane {
  double limit;
  double left;
  std::vector<std::pair<Lease, double>> calls;

  void refill(double seconds) { left = std::min(limit, left + limit * seconds / 60.0); }
};

TEST(HeadroomProperty, ChoosesTheLaneWithTheMostRoomAndNeverExceedsALimit) {
  EXPECT_TRUE(rc::check([] {
    PoolOf api({});
    const auto limits = *rc::gen::container<std::vector<int>>(*rc::gen::inRange<std::size_t>(1, 12),
                                                              rc::gen::inRange(1000, 100'000));
    std::map<std::string, NaiveLane> lanes;
    for (std::size_t key = 0; key < limits.size(); ++key) {
      const std::string name = "k" + std::to_string(key);
      add(api.pool, name, {.limits = {tokens(static_cast<std::uint64_t>(limits[key]))}});
      lanes[name] = {double(limits[key]), double(limits[key]), {}};
    }
    for (int step = 0; step < 200; ++step) {
      const auto pause = std::chrono::milliseconds(*rc::gen::inRange(0, 1500));
      api.clock.advance(pause);
      for (auto& [name, lane] : lanes) lane.refill(std::chrono::duration<double>(pause).count());

      const double cost = *rc::gen::inRange(1, 900);
      auto lease = api.pool.lease(kApi, {.estimated_input_tokens = static_cast<std::uint64_t>(cost),
                                         .when_none_ready = WhenNoneReady::refuse});
      double most = 0;
      for (const auto& [name, lane] : lanes) {
        if (lane.left >= cost) most = std::max(most, lane.left / lane.limit);
      }
      if (!lease) {
        RC_ASSERT(most < 1e-3 + cost / 1000.0);
        continue;
      }
      NaiveLane& chosen = lanes.at(std::string(lease->key_name()));
      RC_ASSERT(chosen.left >= cost - 0.01);
      RC_ASSERT(chosen.left / chosen.limit >= most - 1e-5);
      chosen.left -= cost;
      lease->succeed({.input_tokens = static_cast<std::uint64_t>(cost)});
    }
  }));
}

}  // namespace
}  // namespace keypool
