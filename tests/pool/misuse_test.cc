#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

TEST(Misuse, ReportsForUnknownNamesHaveNoEffect) {
  PoolOf api({"a"});
  EXPECT_FALSE(api.pool.report_success("nobody", "a", {}));
  EXPECT_FALSE(api.pool.report_success(kApi, "nobody", {}));
  EXPECT_FALSE(api.pool.report_rate_limit(kApi, "nobody"));
  EXPECT_FALSE(api.pool.report_failure("nobody", "a"));
  EXPECT_FALSE(api.pool.disable_key(kApi, "nobody"));
  EXPECT_FALSE(api.pool.enable_key("nobody", "a"));
  EXPECT_FALSE(api.pool.reset_key(kApi, ""));
  EXPECT_FALSE(api.pool.remove_key(kApi, "nobody"));
  EXPECT_EQ(api.pool.available_keys("nobody"), 0u);
  EXPECT_TRUE(api.pool.stats("nobody").empty());
  EXPECT_EQ(api.stats_of("a").total_requests, 0u);
}

TEST(Misuse, AReportWithoutACallInFlightCountsButNeverMakesTheNumberNegative) {
  PoolOf api({"a"});
  EXPECT_TRUE(api.pool.report_success(kApi, "a", {.input_tokens = 5}));
  EXPECT_TRUE(api.pool.report_failure(kApi, "a"));
  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
  EXPECT_EQ(api.stats_of("a").total_input_tokens, 5u);
}

TEST(Misuse, AReportByNameDoesNotEndALeaseThatIsHeld) {
  PoolOf api({"a"});
  Lease held = api.lease_of("a");
  api.pool.report_success(kApi, "a", {});
  EXPECT_EQ(api.stats_of("a").in_flight, 1u);
  held.succeed({});
  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
}

TEST(Misuse, TheSecondEndOfALeaseHasNoEffect) {
  PoolOf api({"a"});
  Lease lease = api.lease_of("a");
  lease.succeed({.input_tokens = 5});
  lease.succeed({.input_tokens = 5});
  lease.rate_limited();
  lease.key_refused("401");
  lease.release();
  lease.detach();

  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.successes, 1u);
  EXPECT_EQ(stats.rate_limits, 0u);
  EXPECT_EQ(stats.state, KeyState::ready);
  EXPECT_EQ(stats.in_flight, 0u);
  EXPECT_EQ(lease.key_name(), "");
  EXPECT_TRUE(lease.secret().empty());
}

TEST(Misuse, AbsurdNumbersStayAtTheLargestAndNeverTurnNegative) {
  PoolOf api({"a", "b"});
  for (int call = 0; call < 3; ++call) {
    api.lease_of("a").succeed({.latency = std::chrono::milliseconds::max(),
                               .input_tokens = kMost,
                               .output_tokens = kMost});
    api.lease_of("b").succeed({.latency = -5s});
  }
  const KeyStats stats = api.stats_of("a");
  EXPECT_EQ(stats.total_input_tokens, std::uint64_t{1} << 60);
  EXPECT_GT(stats.total_latency, 0ms);
  EXPECT_GT(stats.window_load, 0);
  EXPECT_TRUE(std::isfinite(stats.window_load));
  EXPECT_EQ(api.stats_of("b").total_latency, 0ms);
  EXPECT_EQ(api.use(1, {.estimated_input_tokens = kMost, .estimated_output_tokens = kMost}), "b");
}

TEST(Misuse, AbsurdHintsAreBounded) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited(std::chrono::milliseconds::max());
  EXPECT_EQ(api.stats_of("a").state, KeyState::cooling);
  EXPECT_GT(*api.stats_of("a").until, api.clock.wall());
  api.lease_of("b").rate_limited(-5s);
  api.clock.advance(1ms);
  EXPECT_EQ(api.use(1), "b");
}

TEST(Misuse, ALeaseOfARemovedKeyMayEndInAnyWay) {
  PoolOf api({"a"});
  std::vector<Lease> leases;
  for (int call = 0; call < 7; ++call) leases.push_back(std::move(*api.pool.lease(kApi)));
  api.pool.remove_key(kApi, "a");
  leases[0].succeed({});
  leases[1].rate_limited();
  leases[2].key_refused("401");
  leases[3].group_depleted("empty");
  leases[4].model_refused("no");
  leases[5].detach();
  leases.clear();
  EXPECT_TRUE(api.pool.stats(kApi).empty());
  EXPECT_FALSE(api.pool.report_success(kApi, "a", {}));
}

}  // namespace
}  // namespace keypool
