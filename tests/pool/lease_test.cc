#include <memory>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

TEST(Lease, CountsWhatItsEndReports) {
  PoolOf api({"a"});
  api.lease_of("a").succeed({.latency = 500ms, .input_tokens = 100, .output_tokens = 50});
  api.lease_of("a").fail("500 server_error");
  api.lease_of("a").rate_limited(1ms);

  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.total_requests, 3u);
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(stats.failures, 1u);
  EXPECT_EQ(stats.rate_limits, 1u);
  EXPECT_EQ(stats.total_latency, 500ms);
  EXPECT_EQ(stats.total_input_tokens, 100u);
  EXPECT_EQ(stats.total_output_tokens, 50u);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.last_success_at, api.clock.wall());
  EXPECT_EQ(stats.last_rate_limit_at, api.clock.wall());
  EXPECT_EQ(stats.last_failure, "500 server_error");
}

TEST(Lease, IsAbandonedWhenItGoesOutOfScopeAndChargedItsEstimate) {
  PoolOf api({"a"});
  {
    auto lease = api.pool.lease(kApi, {.estimated_input_tokens = 4000});
    EXPECT_EQ(api.stats_of("a").in_flight, 1u);
  }
  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(stats.abandoned, 1u);
  EXPECT_NEAR(stats.window_load, 4001, 1e-6);
}

TEST(Lease, ReleaseLeavesTheKeyAsItWas) {
  PoolOf api({"a"});
  api.lease_of("a").release();
  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.total_requests, 0u);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_NEAR(stats.window_load, 0, 1e-9);
}

TEST(Lease, MovesItsRightAndTheTargetAbandonsWhatItHeld) {
  PoolOf api({"a"});
  Lease first = api.lease_of("a");
  Lease second = api.lease_of("a");
  second = std::move(first);
  EXPECT_FALSE(first.active());
  EXPECT_TRUE(second.active());
  EXPECT_EQ(api.stats_of("a").abandoned, 1u);
  EXPECT_EQ(api.stats_of("a").in_flight, 1u);
}

TEST(Lease, MayOutliveThePool) {
  FakeClock clock;
  auto pool = std::make_unique<KeyPool>(Options{.clock = &clock, .secrets = nullptr});
  pool->add_key(kApi, {.name = "a", .secret = Secret("sk-a")});
  auto first = pool->lease(kApi);
  auto second = pool->lease(kApi);
  pool.reset();

  EXPECT_EQ(first->secret().reveal(), "sk-a");
  first->succeed({.input_tokens = 1});
  EXPECT_EQ(second->secret().reveal(), "sk-a");
}

TEST(Lease, TheSeedsFormReportsByNameAfterDetach) {
  PoolOf api({"a"});
  api.lease_of("a").detach();
  EXPECT_EQ(api.stats_of("a").in_flight, 1u);

  EXPECT_TRUE(api.pool.report_success(kApi, "a", {.latency = 5ms, .input_tokens = 7}));

  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
  EXPECT_EQ(api.stats_of("a").successes, 1u);
  EXPECT_NEAR(api.stats_of("a").window_load, 8, 1e-6);
}

TEST(Lease, ARateLimitReportedByNameCoolsTheLaneThatWasLeased) {
  PoolOf api({"a", "b"});
  api.lease_of("a", {.model = "m"}).detach();
  EXPECT_TRUE(api.pool.report_rate_limit(kApi, "a", 5s));
  EXPECT_EQ(api.use(1, {.model = "m"}), "b");
  EXPECT_EQ(api.stats_of("a").reason, "rate limit on m");
}

TEST(Stats, SavedCountsReplaceThoseOfARegisteredKeyAndWaitForOthers) {
  PoolOf api({"a"});
  api.use(5);
  Lease held = api.lease_of("a");
  KeyStats saved;
  saved.total_requests = 40;
  saved.successes = 30;
  saved.total_input_tokens = 3000;
  saved.last_success_at = WallTime{1'600'000'000'000ms};
  saved.name = "a";
  KeyStats later = saved;
  later.name = "late";

  EXPECT_EQ(api.pool.restore_stats({{kApi, {saved, later}}, {"elsewhere", {saved}}}), 3u);

  EXPECT_EQ(api.stats_of("a").total_requests, 40u);
  EXPECT_EQ(api.stats_of("a").in_flight, 1u);
  EXPECT_EQ(api.stats_of("a").last_success_at, saved.last_success_at);
  const auto all = api.pool.all_stats();
  ASSERT_EQ(all.size(), 2u);
  ASSERT_EQ(all[0].keys.size(), 2u);
  EXPECT_EQ(all[0].keys[1].name, "late");
  EXPECT_EQ(all[0].keys[1].successes, 30u);
  EXPECT_EQ(all[1].endpoint, "elsewhere");

  api.pool.add_key(kApi, {.name = "late", .secret = Secret("s")});
  EXPECT_EQ(api.stats_of("late").successes, 30u);
  EXPECT_EQ(api.pool.all_stats()[0].keys.size(), 2u);
  held.release();
}

TEST(Stats, ARestoredAverageWeighsCallsInFlight) {
  PoolOf api({"a", "b"});
  KeyStats saved;
  saved.name = "a";
  saved.total_requests = saved.successes = 10;
  saved.total_input_tokens = 100'000;
  api.pool.restore_stats({{kApi, {saved}}});
  Lease held = api.lease_of("a");
  EXPECT_NEAR(api.stats_of("a").window_load, 10'001, 1e-6);
}

}  // namespace
}  // namespace keypool
