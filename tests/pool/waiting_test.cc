#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

/// One key that takes one call at a time, and calls that wait for it.
struct OneAtATime : PoolOf {
  struct Wait {
    Waiting place;
    std::optional<std::expected<Lease, LeaseError>> end;
  };
  std::vector<std::unique_ptr<Wait>> waits;
  std::string order;

  OneAtATime() : PoolOf({}) {
    pool.add_key(kApi, {.name = "a", .secret = Secret("s"), .options = {.max_in_flight = 1}});
  }

  Wait& wait(std::string_view client, std::chrono::milliseconds time = 1h, std::size_t bytes = 0) {
    Wait& one = *waits.emplace_back(std::make_unique<Wait>());
    one.place = pool.lease_when_ready(
        kApi, {.lease = {}, .client = client, .bytes = bytes, .deadline = clock.now() + time},
        [this, &one, name = std::string(client)](std::expected<Lease, LeaseError> end) {
          if (end) order += name;
          one.end.emplace(std::move(end));
        });
    return one;
  }

  /// Ends the call that has the key, so that the next one gets it.
  void next() {
    for (auto& one : waits) {
      if (one->end && *one->end && (*one->end)->active()) {
        (*one->end)->succeed({});
        return;
      }
    }
  }
};

TEST(Waiting, ACallThatFindsAKeyReadyIsLeasedAtOnce) {
  OneAtATime api;
  EXPECT_TRUE(*api.wait("x").end);
  EXPECT_EQ(api.pool.waiting(kApi), 0u);
}

TEST(Waiting, ALeaseIsHandedOnWhenTheCallBeforeEnds) {
  OneAtATime api;
  api.wait("x");
  OneAtATime::Wait& second = api.wait("x");
  EXPECT_FALSE(second.end);
  EXPECT_EQ(api.pool.waiting(kApi), 1u);
  api.next();
  EXPECT_TRUE(second.end && *second.end);
}

TEST(Waiting, ALeaseIsHandedOnBetweenCallsForDifferentModels) {
  OneAtATime api;
  auto first = api.pool.lease(kApi, {.model = "another"});
  ASSERT_TRUE(first);
  OneAtATime::Wait& second = api.wait("x");
  EXPECT_EQ(api.pool.waiting(kApi), 1u);
  first->succeed({});
  EXPECT_TRUE(second.end && *second.end);
}

TEST(Waiting, CallsOfOneClientKeepTheirOrder) {
  OneAtATime api;
  Lease held = std::move(*api.pool.lease(kApi));
  auto& first = api.wait("x");
  auto& second = api.wait("x");
  held.succeed({});
  EXPECT_TRUE(first.end);
  EXPECT_FALSE(second.end);
}

TEST(Waiting, ClientsTakeTurnsSoThatABurstStarvesNobody) {
  OneAtATime api;
  Lease held = std::move(*api.pool.lease(kApi));
  for (int call = 0; call < 4; ++call) api.wait("x");
  for (int call = 0; call < 2; ++call) api.wait("y");
  held.succeed({});
  for (int call = 0; call < 6; ++call) api.next();
  EXPECT_EQ(api.order, "xyxyxx");
}

TEST(Waiting, ACallThatWasRefusedKeepsItsPlaceBeforeThoseThatCameLater) {
  OneAtATime api;
  const MonotonicTime arrived = api.clock.now();
  Lease refused = std::move(*api.pool.lease(kApi));
  api.clock.advance(1s);
  api.wait("x");
  api.wait("y");
  refused.rate_limited(1s);
  const Waiting again = api.pool.lease_when_ready(
      kApi, {.lease = {}, .client = "y", .deadline = arrived + 1h, .arrived = arrived},
      [&](std::expected<Lease, LeaseError> end) {
        api.order += "again";
        end->succeed({});
      });
  api.clock.advance(1s);
  api.pool.run_due();
  api.next();

  EXPECT_EQ(api.order, "againxy");
}

TEST(Waiting, WithNineOfTenKeysLimitedOrDeadNoCallWaits) {
  PoolOf api({"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9"});
  for (const char* key : {"k0", "k1", "k2"}) api.lease_of(key).rate_limited();
  for (const char* key : {"k3", "k4"}) api.lease_of(key).key_refused("401");
  for (const char* key : {"k5", "k6"}) api.lease_of(key).group_depleted("402");
  api.lease_of("k7").model_refused("404");
  api.pool.disable_key(kApi, "k8");

  for (int call = 0; call < 1000; ++call) {
    std::string key = "none at once";
    const Waiting place =
        api.pool.lease_when_ready(kApi, {.lease = {.estimated_input_tokens = 1000}},
                                  [&](std::expected<Lease, LeaseError> end) {
                                    key = end->key_name();
                                    end->succeed({.input_tokens = 1000});
                                  });
    ASSERT_EQ(key, "k9");
    api.clock.advance(10ms);
  }
}

TEST(Waiting, EndsAtItsDeadlineWithTheErrorThatKeptIt) {
  OneAtATime api;
  Lease held = std::move(*api.pool.lease(kApi));
  auto& late = api.wait("x", 5s);
  EXPECT_EQ(api.pool.next_due(), api.clock.now() + 5s);
  api.clock.advance(4999ms);
  api.pool.run_due();
  EXPECT_FALSE(late.end);
  api.clock.advance(1ms);
  api.pool.run_due();
  ASSERT_TRUE(late.end);
  EXPECT_EQ(late.end->error().kind, LeaseErrorKind::all_cooling);
  EXPECT_EQ(api.pool.waiting(kApi), 0u);
  EXPECT_EQ(api.pool.next_due(), MonotonicTime::max());
}

TEST(Waiting, ACallThatLeavesFreesItsPlace) {
  OneAtATime api;
  Lease held = std::move(*api.pool.lease(kApi));
  auto& gone = api.wait("x");
  auto& stays = api.wait("x");
  EXPECT_TRUE(gone.place.cancel());
  EXPECT_FALSE(gone.place.cancel());
  EXPECT_EQ(api.pool.waiting(kApi), 1u);
  held.succeed({});
  EXPECT_FALSE(gone.end);
  EXPECT_TRUE(stays.end);
}

TEST(Waiting, IsBoundedInCallsAndBytes) {
  OneAtATime api;
  api.pool.configure_endpoint(kApi, {.max_waiting = 2, .max_waiting_bytes = 100});
  Lease held = std::move(*api.pool.lease(kApi));
  EXPECT_FALSE(api.wait("x", 1h, 60).end);
  EXPECT_TRUE(api.wait("x", 1h, 60).end);
  EXPECT_FALSE(api.wait("x", 1h, 40).end);
  EXPECT_TRUE(api.wait("x", 1h, 0).end);
}

TEST(Waiting, WakesWhenACooldownEndsWithOneProbeAndThenARamp) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(3s);
  std::vector<Lease> leases;
  std::vector<Waiting> places;
  for (int call = 0; call < 10; ++call) {
    places.push_back(api.pool.lease_when_ready(
        kApi, {.lease = {}, .deadline = api.clock.now() + 1h},
        [&](std::expected<Lease, LeaseError> end) { leases.push_back(std::move(*end)); }));
  }
  EXPECT_EQ(api.pool.next_due(), api.clock.now() + 3s);
  api.clock.advance(3s);
  api.pool.run_due();
  EXPECT_EQ(leases.size(), 1u);
  api.clock.advance(1ms);
  leases[0].succeed({});
  EXPECT_EQ(leases.size(), 3u);
  leases[1].succeed({});
  leases[2].succeed({});
  EXPECT_EQ(leases.size(), 10u);
}

TEST(Waiting, WakesWhenALimitHasRoomAgain) {
  PoolOf api({});
  ModelLimits limits{.model = "*", .limits = {}};
  limits.limits[Dimension::tokens_per_minute] = 60'000;
  api.pool.add_key(kApi, {.name = "a", .secret = Secret("s"), .options = {.limits = {limits}}});
  api.use(60'000);
  std::optional<std::expected<Lease, LeaseError>> end;
  const Waiting place = api.pool.lease_when_ready(
      kApi, {.lease = {.estimated_input_tokens = 5000}, .deadline = api.clock.now() + 1h},
      [&](std::expected<Lease, LeaseError> ended) { end.emplace(std::move(ended)); });
  for (int step = 0; step < 100 && !end; ++step) {
    api.clock.advance(
        std::chrono::ceil<std::chrono::milliseconds>(api.pool.next_due() - api.clock.now()));
    api.pool.run_due();
  }
  ASSERT_TRUE(end && *end);
  EXPECT_LE(api.clock.now(), MonotonicTime{1h} + 7001ms);
}

TEST(Waiting, ACallThatCannotBeServedInTimeFailsAtOnce) {
  PoolOf api({"a"});
  api.lease_of("a").rate_limited(60s);
  std::optional<std::expected<Lease, LeaseError>> end;
  const Waiting place = api.pool.lease_when_ready(
      kApi, {.lease = {}, .deadline = api.clock.now() + 10s},
      [&](std::expected<Lease, LeaseError> ended) { end.emplace(std::move(ended)); });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->error().retry_after, 60s);
}

TEST(Waiting, CallsBoundToOneGroupDoNotHoldUpTheOthers) {
  PoolOf api({"a", "b"});
  api.lease_of("a").rate_limited(1h);
  std::vector<std::string> got;
  const auto on_lease = [&](std::expected<Lease, LeaseError> end) {
    got.emplace_back(end ? end->key_name() : "none");
  };
  const MonotonicTime deadline = api.clock.now() + 2h;
  const Waiting bound = api.pool.lease_when_ready(
      kApi, {.lease = {.same_group_as = "a"}, .deadline = deadline}, on_lease);
  const Waiting free =
      api.pool.lease_when_ready(kApi, {.lease = {}, .deadline = deadline}, on_lease);
  EXPECT_EQ(got, std::vector<std::string>({"b"}));
}

TEST(Waiting, TheTimerIsToldWhenItHasToRingEarlier) {
  std::vector<MonotonicTime> told;
  PoolOf api({"a"},
             {.secrets = nullptr, .on_due = [&](MonotonicTime due) { told.push_back(due); }});
  api.lease_of("a").rate_limited(30s);
  const auto ignore = [](const std::expected<Lease, LeaseError>&) {};
  const MonotonicTime start = api.clock.now();
  const Waiting first =
      api.pool.lease_when_ready(kApi, {.lease = {}, .deadline = start + 60s}, ignore);
  EXPECT_EQ(told, std::vector<MonotonicTime>({start + 30s}));
}

TEST(Waiting, EndsWithThePool) {
  auto clock = std::make_unique<FakeClock>();
  auto pool = std::make_unique<KeyPool>(Options{.clock = clock.get(), .secrets = nullptr});
  pool->add_key(kApi, {.name = "a", .secret = Secret("s"), .options = {.max_in_flight = 1}});
  auto held = pool->lease(kApi);
  bool ended = false;
  Waiting place = pool->lease_when_ready(
      kApi, {.lease = {}}, [&](const std::expected<Lease, LeaseError>& end) { ended = !end; });
  pool.reset();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(place.cancel());
  held->succeed({});
}

TEST(Waiting, ACallbackMayEndItsLeaseAtOnce) {
  PoolOf api({});
  api.pool.add_key(kApi, {.name = "a", .secret = Secret("s"), .options = {.max_in_flight = 1}});
  Lease held = std::move(*api.pool.lease(kApi));
  int served = 0;
  std::vector<Waiting> places;
  for (int call = 0; call < 1000; ++call) {
    places.push_back(
        api.pool.lease_when_ready(kApi, {.lease = {}}, [&](std::expected<Lease, LeaseError> end) {
          ++served;
          end->succeed({});
        }));
  }
  held.succeed({});
  EXPECT_EQ(served, 1000);
  EXPECT_EQ(api.stats_of("a").in_flight, 0u);
}

}  // namespace
}  // namespace keypool
