#include <map>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

std::map<std::string, int> calls_of(PoolOf& api, int calls, std::uint64_t tokens = 100) {
  std::map<std::string, int> counts;
  for (int call = 0; call < calls; ++call) ++counts[api.use(tokens)];
  return counts;
}

void add(PoolOf& api, const char* name, KeyOptions options) {
  api.pool.add_key(kApi, {.name = name, .secret = Secret("s"), .options = std::move(options)});
}

TEST(Policy, RoundRobinTakesEachInTurnWhateverTheLoad) {
  PoolOf api({"a", "b", "c"});
  api.pool.configure_endpoint(kApi, {.policy = Policy::round_robin});
  api.lease_of("a").succeed({.input_tokens = 1'000'000});
  const auto calls = calls_of(api, 30);
  EXPECT_NEAR(calls.at("a"), 10, 1);
  EXPECT_NEAR(calls.at("b"), 10, 1);
}

TEST(Policy, SequentialStaysWithTheFirstUntilItIsFull) {
  PoolOf api({"a", "b"});
  api.pool.configure_endpoint(kApi, {.policy = Policy::sequential});
  EXPECT_EQ(calls_of(api, 10).at("a"), 10);
  api.lease_of("a").rate_limited(10s);
  EXPECT_EQ(calls_of(api, 5).at("b"), 5);
  api.clock.advance(13s);
  EXPECT_EQ(api.use(1), "a");
}

TEST(Policy, LifetimeNeverForgets) {
  PoolOf api({"a", "b"});
  api.pool.configure_endpoint(kApi, {.policy = Policy::lifetime});
  api.lease_of("a").succeed({.input_tokens = 10'000});
  api.clock.advance(24h * 30);
  const auto calls = calls_of(api, 99);
  EXPECT_EQ(calls.at("b"), 99);
  EXPECT_EQ(calls_of(api, 4).at("a"), 2);
}

TEST(Policy, LeastLoadedForgets) {
  PoolOf api({"a", "b"});
  api.pool.configure_endpoint(kApi, {.policy = Policy::least_loaded});
  api.lease_of("a").succeed({.input_tokens = 10'000});
  api.clock.advance(24h);
  EXPECT_NEAR(calls_of(api, 100).at("a"), 50, 1);
}

TEST(Weight, ScalesAKeysShare) {
  PoolOf api({});
  add(api, "heavy", {.weight = 3});
  add(api, "light", {});
  for (const Policy policy : {Policy::headroom, Policy::round_robin}) {
    api.pool.configure_endpoint(kApi, {.policy = policy});
    EXPECT_NEAR(calls_of(api, 400).at("heavy"), 300, 4);
  }
}

TEST(Tier, AHigherOneServesOnlyWhileNoLowerOneHasRoom) {
  PoolOf api({});
  add(api, "paid", {.tier = 2});
  add(api, "free", {.tier = 1, .max_in_flight = 2});
  EXPECT_EQ(calls_of(api, 20).at("free"), 20);

  std::vector<Lease> held;
  std::string order;
  for (int call = 0; call < 4; ++call) {
    held.push_back(std::move(*api.pool.lease(kApi)));
    order += std::string(held.back().key_name()) + " ";
  }
  EXPECT_EQ(order, "free free paid paid ");
  held.erase(held.begin());
  EXPECT_EQ(api.use(1), "free");
}

TEST(MaxInFlight, BoundsTheCallsOfAKeyOverAllModels) {
  PoolOf api({});
  add(api, "a", {.max_in_flight = 2});
  auto first = api.pool.lease(kApi, {.model = "x"});
  auto second = api.pool.lease(kApi, {.model = "y"});
  const LeaseRequest request{.model = "z", .when_none_ready = WhenNoneReady::refuse};
  EXPECT_FALSE(api.pool.lease(kApi, request));
  second->succeed({});
  EXPECT_TRUE(api.pool.lease(kApi, request));
}

TEST(MaxInFlight, IsKeptEvenWhenNoOtherKeyIsReady) {
  PoolOf api({});
  add(api, "a", {.max_in_flight = 1});
  auto held = api.pool.lease(kApi);
  EXPECT_FALSE(api.pool.lease(kApi));
}

TEST(Caps, RestTheKeyUntilTheDayEndsInUtc) {
  PoolOf api({});  // the clock stands at 22:13:20
  add(api, "a", {.caps = {.tokens_per_day = 1000}});
  api.use(999);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  api.use(1);

  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.state, KeyState::depleted);
  EXPECT_EQ(stats.reason, "reached its cap of tokens a day");
  EXPECT_EQ(*stats.until - api.clock.wall(), 24h - (22h + 13min + 20s));
  EXPECT_EQ(api.pool.available_keys(kApi), 0u);

  api.clock.advance(2h);
  EXPECT_EQ(api.use(999), "a");
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Caps, OfAMonthLastUntilTheMonthEnds) {
  PoolOf api({});  // 14 November
  add(api, "a", {.caps = {.micro_usd_per_day = 5'000'000, .micro_usd_per_month = 6'000'000}});
  const auto spend = [&](std::uint64_t micro_usd) {
    api.pool.lease(kApi)->succeed({.cost_micro_usd = micro_usd});
  };
  spend(5'000'000);
  EXPECT_EQ(api.stats_of("a").reason, "reached its cap of USD a day");
  api.clock.advance(2h);
  spend(1'000'000);
  EXPECT_EQ(api.stats_of("a").reason, "reached its cap of USD a month");
  api.clock.advance(24h * 15);
  EXPECT_EQ(api.stats_of("a").state, KeyState::depleted);
  api.clock.advance(24h);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Caps, AClockStepDoesNotUnlockTheKey) {
  PoolOf api({});
  add(api, "a", {.caps = {.tokens_per_day = 1}});
  api.use(1);
  api.clock.step_wall(48h);
  EXPECT_EQ(api.pool.available_keys(kApi), 0u);
}

TEST(Configuration, AChangeTakesEffectAtOnce) {
  PoolOf api({"a", "b"});
  EXPECT_TRUE(api.pool.configure_key(kApi, "a", {.tier = 1}));
  EXPECT_EQ(calls_of(api, 10).at("b"), 10);
  EXPECT_TRUE(api.pool.configure_key(kApi, "a", {}));
  EXPECT_GT(calls_of(api, 20).at("a"), 0);
  EXPECT_FALSE(api.pool.configure_key(kApi, "nobody", {}));
}

TEST(Groups, KeysWhoseAnswersNameOneAccountAreJoined) {
  PoolOf api({"a", "b", "c"});
  Lease a = api.lease_of("a");
  Lease b = api.lease_of("b");
  a.belongs_to("org-1");
  b.belongs_to("org-1");
  api.lease_of("c").belongs_to("org-2");
  a.rate_limited(5s);
  b.succeed({.input_tokens = 10});

  EXPECT_EQ(api.stats_of("b").state, KeyState::cooling);
  EXPECT_EQ(calls_of(api, 5).at("c"), 5);
  for (const KeyStats& stats : api.pool.stats(kApi)) EXPECT_EQ(stats.in_flight, 0u);
}

TEST(Groups, AConfiguredGroupStaysAsItIs) {
  PoolOf api({"b"});
  add(api, "a", {.group = "mine"});
  api.lease_of("b").belongs_to("org-1");
  api.lease_of("a").belongs_to("org-1");
  api.lease_of("a").rate_limited(5s);
  EXPECT_EQ(api.stats_of("b").state, KeyState::ready);
}

TEST(Groups, ACallBoundToAGroupGoesToItsKeysOnly) {
  PoolOf api({"other"});
  add(api, "a1", {.group = "a"});
  add(api, "a2", {.group = "a"});
  for (int call = 0; call < 6; ++call) {
    EXPECT_NE(api.use(1000, {.same_group_as = "a1"}), "other");
  }
  api.pool.disable_key(kApi, "a1");
  api.pool.disable_key(kApi, "a2");
  EXPECT_FALSE(api.pool.lease(kApi, {.same_group_as = "a1"}));
}

TEST(Affinity, CallsThatSharedAPrefixStayWithTheirKey) {
  PoolOf api({"a", "b", "c"});
  const std::uint64_t first_turn[] = {1};
  const std::uint64_t second_turn[] = {2, 1};
  const std::string home = api.use(50'000, {.affinity = first_turn});
  for (int call = 0; call < 5; ++call) {
    EXPECT_EQ(api.use(50'000, {.affinity = second_turn}), home);
    EXPECT_NE(api.use(1), home);
  }
}

TEST(Affinity, YieldsWhenItsKeyHasNoRoom) {
  PoolOf api({"a", "b"});
  const std::uint64_t prefix[] = {7};
  const std::string home = api.use(1, {.affinity = prefix});
  api.lease_of(home).rate_limited(10s);
  const std::string next = api.use(1, {.affinity = prefix});
  EXPECT_NE(next, home);
  api.clock.advance(10s);
  EXPECT_EQ(api.use(1, {.affinity = prefix}), next);
}

TEST(Affinity, NeverPilesCallsOnOneKey) {
  PoolOf api({"a", "b", "c", "d"});
  const std::uint64_t prefix[] = {7};
  std::vector<Lease> held;
  std::map<std::string, int> calls;
  for (int call = 0; call < 100; ++call) {
    held.push_back(std::move(*api.pool.lease(kApi, {.affinity = prefix})));
    ++calls[std::string(held.back().key_name())];
  }
  for (const auto& [key, count] : calls) EXPECT_LE(count, 50) << key;
}

}  // namespace
}  // namespace keypool
