// What an operator changes while calls run: secrets, options, which keys there are.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

TEST(Rotation, CallsGoOnWithTheNewSecretAndTheOldCounts) {
  PoolOf api({"a"});
  api.use(100);

  EXPECT_TRUE(api.pool.replace_secret(kApi, "a", Secret("sk-new")));

  EXPECT_EQ(api.pool.lease(kApi)->secret().reveal(), "sk-new");
  EXPECT_EQ(api.stats_of("a").total_input_tokens, 100u);
}

TEST(Rotation, ACallInFlightEndsWithTheSecretThatItBeganWith) {
  PoolOf api({"a"});
  Lease before = api.lease_of("a");
  const Secret& secret = before.secret();
  const auto read = secret.reveal();

  api.pool.replace_secret(kApi, "a", Secret("sk-second"));
  Lease between = api.lease_of("a");
  const auto read_between = between.secret().reveal();
  api.pool.replace_secret(kApi, "a", Secret("sk-third"));

  EXPECT_EQ(read, "sk-a");
  EXPECT_EQ(read_between, "sk-second");
  EXPECT_EQ(api.lease_of("a").secret().reveal(), "sk-third");
}

TEST(Rotation, TellsWhetherAnythingChanged) {
  PoolOf api({"a"});
  EXPECT_FALSE(api.pool.replace_secret(kApi, "a", Secret("sk-a")));
  EXPECT_FALSE(api.pool.replace_secret(kApi, "a", Secret()));
  EXPECT_FALSE(api.pool.replace_secret(kApi, "b", Secret("sk-b")));
  EXPECT_FALSE(api.pool.replace_secret("nowhere", "a", Secret("sk-b")));
}

TEST(Rotation, ARefusalOfTheOldSecretIsForgotten) {
  PoolOf api({"a", "b"});
  api.lease_of("a").key_refused("401 revoked");
  ASSERT_EQ(api.stats_of("a").state, KeyState::invalid);

  api.pool.replace_secret(kApi, "a", Secret("sk-new"));

  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  EXPECT_EQ(api.lease_of("a").secret().reveal(), "sk-new");
}

TEST(Rotation, ARateLimitStaysForItIsTheAccounts) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(60s);

  api.pool.replace_secret(kApi, "a", Secret("sk-new"));

  EXPECT_EQ(api.stats_of("a").state, KeyState::cooling);
}

TEST(Rotation, WhileManyCallsReadTheSecret) {
  PoolOf api({"a"});
  std::jthread reader([&api](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto lease = api.pool.lease(kApi);
      ASSERT_TRUE(lease);
      ASSERT_TRUE(lease->secret().reveal().starts_with("sk-"));
      lease->succeed({});
    }
  });
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(api.pool.replace_secret(kApi, "a", Secret("sk-" + std::to_string(i))));
  }
}

TEST(Departure, CountsStayWithTheName) {
  PoolOf api({"a", "b"});
  api.lease_of("a").succeed({.input_tokens = 100});
  Lease last = api.lease_of("a");
  api.pool.remove_key(kApi, "a");
  last.succeed({.input_tokens = 10});

  EXPECT_EQ(api.pool.stats(kApi).size(), 1u);
  const auto all = api.pool.all_stats();
  ASSERT_EQ(all.front().keys.size(), 2u);
  EXPECT_EQ(all.front().keys[1].name, "a");
  EXPECT_EQ(all.front().keys[1].total_input_tokens, 110u);
  EXPECT_EQ(all.front().keys[1].reason, "not registered");

  api.pool.add_key(kApi, {.name = "a", .secret = Secret("sk-again")});

  EXPECT_EQ(api.stats_of("a").total_input_tokens, 110u);
  EXPECT_EQ(api.pool.all_stats().front().keys.size(), 2u);
}

TEST(Departure, TheLastCallsOfAKeyCountForTheNextOfItsName) {
  PoolOf api({"a"});
  Lease last = api.lease_of("a");
  api.pool.remove_key(kApi, "a");
  api.pool.add_key(kApi, {.name = "a", .secret = Secret("sk-new")});
  api.lease_of("a").succeed({.input_tokens = 1});

  last.succeed({.input_tokens = 10});

  EXPECT_EQ(api.pool.stats(kApi).size(), 1u);
  EXPECT_EQ(api.stats_of("a").total_input_tokens, 11u);
  EXPECT_EQ(api.stats_of("a").successes, 2u);
  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
}

TEST(Departure, AKeyThatLeftBindsNoCall) {
  PoolOf api({"a", "b"});
  api.pool.remove_key(kApi, "a");
  EXPECT_EQ(api.use(1, {.same_group_as = "a"}), "b");
}

TEST(Options, AGroupThatIsTakenAwayIsLeft) {
  PoolOf api({"a", "b"});
  for (const char* const key : {"a", "b"}) api.pool.configure_key(kApi, key, {.group = "team"});
  api.pool.configure_key(kApi, "b", {});

  api.lease_of("a").rate_limited(60s);

  EXPECT_EQ(api.stats_of("a").state, KeyState::cooling);
  EXPECT_EQ(api.stats_of("b").state, KeyState::ready);
}

TEST(Options, ALimitThatIsTakenAwayHoldsNoLonger) {
  PoolOf api({"a"});
  Limits one_a_minute;
  one_a_minute[Dimension::requests_per_minute] = 1;
  api.pool.configure_key(kApi, "a", {.limits = {{"*", one_a_minute}}});
  const LeaseRequest request{.when_none_ready = WhenNoneReady::refuse};
  api.use(1);
  ASSERT_FALSE(api.pool.lease(kApi, request));

  api.pool.configure_key(kApi, "a", {});

  EXPECT_TRUE(api.pool.lease(kApi, request));
  EXPECT_TRUE(api.pool.lanes(kApi).at(0).rooms.empty());
}

}  // namespace
}  // namespace keypool
