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
  // Five seconds for the call, and two that are kept to spare.
  EXPECT_LE(*none.error().retry_after, 7001ms);
  api.clock.advance(6s);
  EXPECT_FALSE(api.pool.lease(
      kApi, {.estimated_input_tokens = 4900, .when_none_ready = WhenNoneReady::refuse}));
  api.clock.advance(1s);
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

/// A provider that nobody tells about: a bucket of tokens behind each key.
struct Untold {
  PoolOf api{"a"};
  double limit;
  double has = limit;
  int refused = 0;
  std::uint64_t served = 0;

  explicit Untold(double tokens_per_minute) : limit(tokens_per_minute) {}

  void pass(std::chrono::milliseconds time) {
    api.clock.advance(time);
    has = std::min(limit, has + limit * std::chrono::duration<double>(time).count() / 60.0);
  }

  void call(std::uint64_t tokens) {
    auto lease = api.pool.lease(
        kApi, {.estimated_input_tokens = tokens, .when_none_ready = WhenNoneReady::refuse});
    if (!lease) return;
    pass(50ms);
    if (has < static_cast<double>(tokens)) {
      ++refused;
      lease->rate_limited();
      return;
    }
    has -= static_cast<double>(tokens);
    served += tokens;
    lease->succeed({.input_tokens = tokens});
  }

  void ask_for(std::chrono::seconds time) {
    const MonotonicTime end = api.clock.now() + time;
    while (api.clock.now() < end) {
      call(1000);
      pass(150ms);
    }
  }

  [[nodiscard]] double learned() const {
    const auto lanes = api.pool.lanes(kApi);
    for (const LaneStats::Room& room : lanes[0].rooms) {
      if (room.dimension == Dimension::tokens_per_minute) return static_cast<double>(room.limit);
    }
    return 0;
  }
};

TEST(Headroom, RefusedCallsTeachTheLimit) {
  Untold provider(60'000);
  provider.ask_for(5min);

  EXPECT_NEAR(provider.learned(), 60'000, 3'000);
}

TEST(Headroom, ALearnedLimitServesNearlyAllThatItAllowsAndIsRarelyRefused) {
  Untold provider(60'000);
  provider.ask_for(2min);
  provider.served = 0;
  provider.refused = 0;
  provider.ask_for(10min);

  EXPECT_GE(provider.served, 560'000u);
  EXPECT_LE(provider.refused, 30);
}

TEST(Headroom, ALearnedLimitThatFellOrRoseIsFoundAgain) {
  Untold provider(60'000);
  provider.ask_for(3min);
  provider.limit = 30'000;
  provider.has = 0;
  provider.ask_for(5min);
  EXPECT_NEAR(provider.learned(), 30'000, 3'000);

  provider.limit = 90'000;
  provider.ask_for(5min);
  EXPECT_NEAR(provider.learned(), 90'000, 9'000);
}

TEST(Headroom, WhatWasConfiguredIsTheMostThatIsLearned) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(60'000)}});
  const auto limit = [&] {
    const auto lanes = api.pool.lanes(kApi);
    for (const LaneStats::Room& room : lanes[0].rooms) {
      if (room.dimension == Dimension::tokens_per_minute) return room.limit;
    }
    return std::uint64_t{0};
  };
  api.lease_of("a").rate_limited(2s, Dimension::tokens_per_minute);
  EXPECT_LT(limit(), 60'000u);
  for (int call = 0; call < 10'000; ++call) {
    api.use(1000, {.estimated_input_tokens = 1000, .when_none_ready = WhenNoneReady::refuse});
    api.clock.advance(900ms);
    EXPECT_LE(limit(), 60'000u);
  }
  EXPECT_EQ(limit(), 60'000u);
}

TEST(Headroom, ACallThatIsTooLargeForALanePassesItBy) {
  PoolOf api({});
  add(api.pool, "small", {.limits = {tokens(1000)}});
  add(api.pool, "large", {.limits = {tokens(100'000)}});
  api.lease_of("large").succeed({.input_tokens = 90'000});
  const LeaseRequest request{.estimated_input_tokens = 5000,
                             .when_none_ready = WhenNoneReady::refuse};

  EXPECT_EQ(api.pool.lease(kApi, request)->key_name(), "large");
}

TEST(Headroom, ACallThatIsTooLargeForEveryLaneIsLeftToTheProvider) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(1000)}});
  add(api.pool, "b", {.limits = {tokens(2000)}});

  EXPECT_TRUE(api.pool.lease(
      kApi, {.estimated_input_tokens = 5000, .when_none_ready = WhenNoneReady::refuse}));
}

TEST(Headroom, AfterARefusalALaneWithAKnownLimitOpensForOneCall) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(60'000)}});
  const LeaseRequest request{.estimated_input_tokens = 3000,
                             .when_none_ready = WhenNoneReady::refuse};
  api.pool.lease(kApi, request)->rate_limited(10s);

  api.clock.advance(10s);
  EXPECT_NEAR(left(api.pool, "a", Dimension::tokens_per_minute), 3000, 10);
  api.clock.advance(2s);  // what is kept to spare
  EXPECT_TRUE(api.pool.lease(kApi, request));
}

TEST(Headroom, WithoutAHintALaneWithAKnownLimitRestsShortlyAndLongerWhenThatWasTooShort) {
  PoolOf api({});
  add(api.pool, "a", {.limits = {tokens(60'000)}});
  auto expected = 5s;
  for (int refusal = 0; refusal < 5; ++refusal) {
    api.lease_of("a").rate_limited();
    const auto rest = *api.stats_of("a").until - api.clock.wall();
    EXPECT_GE(rest, expected);
    EXPECT_LE(rest, expected * 11 / 10 + 1ms);
    api.clock.advance(rest + 4s);
    expected = std::min<std::chrono::seconds>(expected * 2, 60s);
  }
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

  /// Two seconds of refill are kept to spare; a full lane takes what it can hold.
  [[nodiscard]] bool has_room(double cost) const {
    return left >= std::min(cost + limit / 30.0, limit) && cost <= 1.25 * limit;
  }

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
      bool nearly_open = false;
      for (const auto& [name, lane] : lanes) {
        nearly_open |= lane.has_room(cost) && !lane.has_room(cost + 0.01);
        if (lane.has_room(cost)) most = std::max(most, lane.left / lane.limit);
      }
      if (!lease) {
        RC_ASSERT(most == 0 || nearly_open);
        continue;
      }
      NaiveLane& chosen = lanes.at(std::string(lease->key_name()));
      RC_ASSERT(chosen.left >= std::min(cost + chosen.limit / 30.0, chosen.limit) - 0.01);
      RC_ASSERT(chosen.left / chosen.limit >= most - 1e-5);
      chosen.left -= cost;
      lease->succeed({.input_tokens = static_cast<std::uint64_t>(cost)});
    }
  }));
}

}  // namespace
}  // namespace keypool
