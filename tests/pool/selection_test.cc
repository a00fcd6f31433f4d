#include <map>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

TEST(Selection, ColdKeysTakeTurnsWhileNothingIsReported) {
  PoolOf api({"a", "b", "c"});
  std::vector<Lease> leases;
  std::string order;
  for (int call = 0; call < 6; ++call) {
    leases.push_back(std::move(*api.pool.lease(kApi)));
    order += leases.back().key_name();
  }
  EXPECT_EQ(order, "abcabc");
}

TEST(Selection, CallsThatReportNoTokensAreSpreadAsWell) {
  PoolOf api({"a", "b", "c"});
  std::string order;
  for (int call = 0; call < 6; ++call) order += api.use(0);
  EXPECT_EQ(order, "abcabc");
}

TEST(Selection, ACallInFlightCountsWithTheKeysOwnAverage) {
  PoolOf api({"big", "small"});
  api.lease_of("big").succeed({.input_tokens = 10'000});
  api.lease_of("small").succeed({.input_tokens = 100});
  api.clock.advance(24h);

  // One call of the big key weighs as much as many of the small one's.
  std::map<std::string, int> calls;
  std::vector<Lease> leases;
  for (int call = 0; call < 50; ++call) {
    leases.push_back(std::move(*api.pool.lease(kApi)));
    ++calls[std::string(leases.back().key_name())];
  }
  EXPECT_EQ(calls["big"], 1);
  EXPECT_EQ(calls["small"], 49);
}

TEST(Selection, AnEstimateOfTheCallCountsBeforeTheAverage) {
  PoolOf api({"a", "b"});
  auto large = api.pool.lease(kApi, {.estimated_input_tokens = 5000});
  const std::string first(large->key_name());
  for (int call = 0; call < 4; ++call) EXPECT_NE(api.use(1000), first);
}

TEST(Selection, LoadIsForgottenWithTime) {
  PoolOf api({"a", "b"});
  api.lease_of("a").succeed({.input_tokens = 100'000});
  api.lease_of("b").succeed({.input_tokens = 1000});
  EXPECT_EQ(api.use(1), "b");

  api.clock.advance(10min);
  api.lease_of("b").succeed({.input_tokens = 1000});
  EXPECT_EQ(api.use(1), "a");
}

TEST(Selection, KeysToAvoidAreLeasedOnlyWhenNoOtherIsReady) {
  PoolOf api({"a", "b", "c"});
  const KeyId a = api.lease_of("a").key_id();
  const KeyId b = api.lease_of("b").key_id();
  const KeyId c = api.lease_of("c").key_id();
  const KeyId two[] = {a, b};
  const KeyId all[] = {a, b, c};

  for (int call = 0; call < 5; ++call) EXPECT_EQ(api.use(1000, {.avoid = two}), "c");
  EXPECT_NE(api.use(1000, {.avoid = all}), "c");
}

TEST(Selection, KeysOfOneGroupShareALaneAndTakeTurns) {
  PoolOf api({});
  for (const char* name : {"a1", "a2"}) {
    api.pool.add_key(kApi, {.name = name, .secret = Secret("s"), .group = "a"});
  }
  api.pool.add_key(kApi, {.name = "b", .secret = Secret("s")});

  std::map<std::string, int> calls;
  for (int call = 0; call < 40; ++call) ++calls[api.use(1000)];

  EXPECT_EQ(calls["a1"], 10);
  EXPECT_EQ(calls["a2"], 10);
  EXPECT_EQ(calls["b"], 20);
}

TEST(Selection, ModelsHaveLanesOfTheirOwn) {
  PoolOf api({"a", "b"});
  api.lease_of("a", {.model = "large"}).rate_limited();

  for (int call = 0; call < 4; ++call) EXPECT_EQ(api.use(10, {.model = "large"}), "b");
  EXPECT_EQ(api.use(10, {.model = "small"}), "a");
}

TEST(Selection, HoldsForManyKeysAsForFew) {
  PoolOf api({});
  for (int key = 0; key < 1000; ++key) {
    api.pool.add_key(kApi, {.name = std::to_string(key), .secret = Secret("s")});
  }
  for (int call = 0; call < 5000; ++call) api.use(100);
  for (const KeyStats& stats : api.pool.stats(kApi)) EXPECT_EQ(stats.total_requests, 5u);
}

}  // namespace
}  // namespace keypool
