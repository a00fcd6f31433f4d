#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

std::string last_warning;

TEST(Cooldown, LastsSixtySecondsWithoutAHint) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited();
  const WallTime start = api.clock.wall();

  EXPECT_EQ(api.stats_of("a").state, KeyState::cooling);
  EXPECT_EQ(api.stats_of("a").until, start + 60s);
  EXPECT_EQ(api.pool.available_keys(kApi), 1u);
  api.clock.advance(59'999ms);
  EXPECT_EQ(api.pool.available_keys(kApi), 1u);
  api.clock.advance(1ms);
  EXPECT_EQ(api.pool.available_keys(kApi), 2u);
  EXPECT_EQ(api.stats_of("a").state, KeyState::ready);
}

TEST(Cooldown, RetryAfterOverridesTheDefault) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(7ms);
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 7ms);
}

TEST(Cooldown, ALaterHintNeverShortensIt) {
  PoolOf api({"a"});
  Lease first = api.lease_of("a");
  Lease second = api.lease_of("a");
  first.rate_limited(30s);
  second.rate_limited(5s);
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 30s);
}

TEST(Cooldown, GrowsWithEveryRefusedProbeUpToTenMinutes) {
  PoolOf api({"a"});
  auto expected = 60s;
  for (int strike = 0; strike < 8; ++strike) {
    api.lease_of("a").rate_limited();
    const auto rest = *api.stats_of("a").until - api.clock.wall();
    EXPECT_GE(rest, expected);
    EXPECT_LE(rest, expected * 11 / 10);
    api.clock.advance(rest + 1ms);
    expected = std::min<std::chrono::seconds>(expected * 2, 600s);
  }
}

TEST(Cooldown, CallsUnderWayWhenItBeganCountAsOneStrike) {
  PoolOf api({"a"});
  std::vector<Lease> calls;
  for (int call = 0; call < 10; ++call) calls.push_back(std::move(*api.pool.lease(kApi)));
  for (Lease& call : calls) call.rate_limited();
  EXPECT_EQ(api.stats_of("a").until, api.clock.wall() + 60s);
}

TEST(Cooldown, EndsWithOneProbeAndThenARamp) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited();
  api.clock.advance(60s);
  const auto open_calls = [&] {
    std::vector<Lease> calls;
    for (;;) {
      auto lease = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
      if (!lease || calls.size() == 1000) return calls;
      calls.push_back(std::move(*lease));
    }
  };

  std::vector<Lease> probe = open_calls();
  EXPECT_EQ(probe.size(), 1u);
  api.clock.advance(1ms);
  probe.front().succeed({});
  std::vector<Lease> more = open_calls();
  EXPECT_EQ(more.size(), 2u);
  for (Lease& call : more) call.succeed({});
  EXPECT_EQ(open_calls().size(), 8u);
}

TEST(Cooldown, WithEveryKeyCoolingTheSoonestIsLeasedWithAWarning) {
  last_warning.clear();
  PoolOf api({"a", "b"},
             {.secrets = nullptr, .warn = [](std::string_view text) { last_warning = text; }});
  api.lease_of("a").rate_limited(30s);
  api.lease_of("b").rate_limited(10s);

  EXPECT_EQ(api.pool.lease(kApi)->key_name(), "b");
  EXPECT_EQ(last_warning, "all keys of api are cooling; using b, which is ready in 10 s");
}

TEST(Cooldown, WithEveryKeyCoolingACallerMayBeTold) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited(30s);
  api.lease_of("b").rate_limited(10s);

  const auto none = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, LeaseErrorKind::all_cooling);
  EXPECT_EQ(none.error().retry_after, 10s);
  EXPECT_EQ(
      none.error().message(),
      "all keys of api are cooling; the first is ready in 10 s: try again then, or add a key");
}

TEST(Cooldown, AStepOfTheWallClockNeitherUnlocksNorFreezesAKey) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited();
  api.clock.step_wall(24h);
  EXPECT_EQ(api.pool.available_keys(kApi), 1u);
  api.clock.step_wall(-48h);
  api.clock.advance(60s);
  EXPECT_EQ(api.pool.available_keys(kApi), 2u);
}

TEST(Cooldown, ManyThatEndTogetherAllEnd) {
  PoolOf api({});
  for (int key = 0; key < 500; ++key) {
    api.pool.add_key(kApi, {.name = std::to_string(key), .secret = Secret("s")});
  }
  for (int key = 0; key < 500; ++key) api.pool.lease(kApi)->rate_limited();
  EXPECT_EQ(api.pool.available_keys(kApi), 0u);
  api.clock.advance(60s);

  std::vector<Lease> calls;
  for (;;) {
    auto lease = api.pool.lease(kApi, {.when_none_ready = WhenNoneReady::refuse});
    if (!lease) break;
    calls.push_back(std::move(*lease));
  }
  EXPECT_EQ(calls.size(), 500u);
}

}  // namespace
}  // namespace keypool
