#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

constexpr LeaseRequest kOrFail{.when_none_ready = WhenNoneReady::refuse};

LeaseErrorKind why_none(PoolOf& api, const LeaseRequest& request = kOrFail) {
  auto lease = api.pool.lease(kApi, request);
  EXPECT_FALSE(lease);
  return lease ? LeaseErrorKind::unknown_endpoint : lease.error().kind;
}

void fail_endpoint(PoolOf& api, int calls) {
  for (int call = 0; call < calls; ++call) {
    if (auto lease = api.pool.lease(kApi)) lease->endpoint_failed("503");
  }
}

TEST(Circuit, OneFailureChangesNothing) {
  PoolOf api({"a"});
  fail_endpoint(api, 4);
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

TEST(Circuit, FiveFailuresInARowOpenItAndBlameNoKey) {
  PoolOf api({"a", "b"});
  fail_endpoint(api, 5);
  EXPECT_EQ(why_none(api), LeaseErrorKind::circuit_open);
  EXPECT_EQ(api.pool.lease(kApi).error().retry_after, 1s);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Circuit, ASuccessBetweenKeepsItClosed) {
  PoolOf api({"a"});
  for (int round = 0; round < 5; ++round) {
    fail_endpoint(api, 2);
    for (int call = 0; call < 3; ++call) api.use(1);
  }
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

TEST(Circuit, MostCallsFailingOpensItToo) {
  PoolOf api({"a"});
  int failed = 0;
  while (failed < 100 && api.pool.lease(kApi, kOrFail)) {
    fail_endpoint(api, 4);
    api.use(1);
    failed += 4;
  }
  EXPECT_LT(failed, 40);
}

TEST(Circuit, OneCallAtATimeProbesAfterRestsThatDouble) {
  PoolOf api({"a"});
  fail_endpoint(api, 5);
  for (const auto rest : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    api.clock.advance(rest - 1ms);
    EXPECT_EQ(why_none(api), LeaseErrorKind::circuit_open);
    api.clock.advance(1ms);
    auto probe = api.pool.lease(kApi, kOrFail);
    ASSERT_TRUE(probe);
    EXPECT_EQ(why_none(api), LeaseErrorKind::circuit_open);
    probe->endpoint_failed("503");
  }
  api.clock.advance(30s);
  api.pool.lease(kApi)->succeed({});
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

TEST(Circuit, AProbeThatIsAbandonedLeavesTheWayToTheNext) {
  PoolOf api({"a"});
  fail_endpoint(api, 5);
  api.clock.advance(1s);
  api.pool.lease(kApi)->release();
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

TEST(Circuit, IsTheModelsOwn) {
  PoolOf api({"a"});
  for (int call = 0; call < 5; ++call) {
    api.pool.lease(kApi, {.model = "broken"})->endpoint_failed("529");
  }
  EXPECT_EQ(why_none(api, {.model = "broken"}), LeaseErrorKind::circuit_open);
  EXPECT_TRUE(api.pool.lease(kApi, {.model = "well"}));
}

TEST(Suspicion, WhenEveryKeyIsRefusedTheEndpointIsTheSuspectAndTheKeysStay) {
  PoolOf api({"a", "b", "c", "d", "e", "f"});
  std::vector<Blame> blames;
  for (int call = 0; call < 6; ++call) blames.push_back(api.pool.lease(kApi)->key_refused("401"));

  EXPECT_EQ(blames, std::vector<Blame>({Blame::key, Blame::key, Blame::key, Blame::key, Blame::key,
                                        Blame::endpoint}));
  for (const KeyStats& stats : api.pool.stats(kApi)) EXPECT_EQ(stats.state, KeyState::ready);
  EXPECT_EQ(why_none(api), LeaseErrorKind::circuit_open);

  api.clock.advance(1s);
  auto probe = api.pool.lease(kApi, kOrFail);
  EXPECT_EQ(why_none(api), LeaseErrorKind::circuit_open);
  EXPECT_EQ(probe->key_refused("401"), Blame::endpoint);
  api.clock.advance(2s);
  api.use(1);
  EXPECT_TRUE(api.pool.lease(kApi, kOrFail));
}

TEST(Suspicion, FewerThanFiveRefusedKeysAreTheKeysFault) {
  PoolOf api({"a", "b", "c", "d"});
  for (int call = 0; call < 4; ++call) {
    EXPECT_EQ(api.pool.lease(kApi)->key_refused("401"), Blame::key);
  }
  for (const KeyStats& stats : api.pool.stats(kApi)) EXPECT_EQ(stats.state, KeyState::invalid);
}

TEST(Suspicion, ASuccessBetweenClearsTheEndpoint) {
  PoolOf api({"a", "b", "c", "d", "e", "good"});
  api.lease_of("a").key_refused("401");
  api.lease_of("b").key_refused("401");
  api.lease_of("good").succeed({});
  for (const char* key : {"c", "d", "e"})
    EXPECT_EQ(api.lease_of(key).key_refused("401"), Blame::key);
  EXPECT_EQ(api.stats_of("a").state, KeyState::invalid);
}

TEST(Suspicion, WithTenKeysOfWhichNineAreDeadEveryCallFindsTheTenth) {
  PoolOf api({"1", "2", "3", "4", "5", "6", "7", "8", "9", "good"});
  for (int call = 0; call < 20; ++call) {
    for (int step = 0;; ++step) {
      ASSERT_LT(step, 10);
      auto lease = api.pool.lease(kApi, kOrFail);
      ASSERT_TRUE(lease) << lease.error().message();
      if (lease->key_name() == "good") {
        lease->succeed({.input_tokens = 10});
        break;
      }
      ASSERT_EQ(lease->key_refused("401"), Blame::key);
    }
  }
}

TEST(KeyLeaked, IsFinalUntilTheOperatorResetsTheKey) {
  PoolOf api({"a"});
  api.lease_of("a").key_leaked("reported as leaked");
  api.clock.advance(24h * 400);
  EXPECT_FALSE(api.pool.lease(kApi));
  EXPECT_EQ(api.stats_of("a").state, KeyState::invalid);
  api.pool.reset_key(kApi, "a");
  EXPECT_TRUE(api.pool.lease(kApi));
}

// An answer that broke off has cost something all the same.
TEST(EndpointFailed, MayHaveUsedTokens) {
  PoolOf api({"a"});
  api.pool.configure_key(kApi, "a", {.caps = {.tokens_per_day = 150}});

  api.pool.lease(kApi)->endpoint_failed("broken off", {.input_tokens = 100, .output_tokens = 20});

  EXPECT_EQ(api.stats_of("a").failures, 1u);
  EXPECT_EQ(api.stats_of("a").successes, 0u);
  EXPECT_EQ(api.stats_of("a").total_input_tokens, 100u);
  EXPECT_EQ(api.stats_of("a").total_output_tokens, 20u);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
  api.pool.lease(kApi)->endpoint_failed("broken off", {.output_tokens = 30});
  EXPECT_EQ(api.pool.available_keys(kApi), 0u) << "the cap is reached";
}

}  // namespace
}  // namespace keypool
