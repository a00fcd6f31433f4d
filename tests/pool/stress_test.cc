// Leases, reports, waits, re-registrations and questions from all cores at once; for the thread
// sanitizer. KEYPOOL_STRESS_SECONDS makes it last longer than the moment it takes by default.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

constexpr int kKeys = 8;

std::string key_name(unsigned number) { return "k" + std::to_string(number % kKeys); }

void call(KeyPool& pool, std::minstd_rand& random) {
  const LeaseRequest request{
      .model = random() % 4 == 0 ? "m" : "",
      .estimated_input_tokens = random() % 3 == 0 ? random() % 500 : 0,
      .when_none_ready = random() % 2 == 0 ? WhenNoneReady::refuse : WhenNoneReady::use_soonest};
  auto lease = pool.lease(kApi, request);
  if (!lease) return;
  const LimitNotice notice{.dimension = Dimension::requests_per_minute, .limit = 1'000'000};
  switch (random() % 40) {
    case 0:
      lease->rate_limited(
          std::chrono::milliseconds(random() % 3),
          random() % 2 == 0 ? std::nullopt : std::optional(Dimension::requests_per_minute));
      break;
    case 1:
      lease->key_refused("401");
      break;
    case 2:
      lease->fail("500");
      break;
    case 3:
      lease->endpoint_failed("503");
      break;
    case 4:
      lease->group_depleted("402", 1ms);
      break;
    case 5:
      lease->detach();
      break;
    case 6:
      lease->release();
      break;
    case 7:
      *lease = {};
      break;
    case 8:
      lease->observe(std::span(&notice, 1));
      break;
    case 9:
      lease->belongs_to(key_name(random()));
      break;
    default:
      lease->succeed({.latency = 1ms, .input_tokens = random() % 1000});
      break;
  }
}

void wait(KeyPool& pool, std::minstd_rand& random, std::atomic<std::int64_t>& open_waits) {
  ++open_waits;
  Waiting place = pool.lease_when_ready(
      kApi,
      {.lease = {.model = random() % 4 == 0 ? "m" : ""},
       .client = key_name(random()),
       .deadline = system_clock().now() + 5ms,
       .arrived = system_clock().now() - std::chrono::milliseconds(random() % 3)},
      [&open_waits](std::expected<Lease, LeaseError> end) {
        --open_waits;
        if (end) end->succeed({.input_tokens = 10});
      });
  if (random() % 2 == 0) std::this_thread::yield();
  if (place.cancel()) --open_waits;
}

void operate(KeyPool& pool, std::minstd_rand& random) {
  const std::string name = key_name(random());
  switch (random() % 9) {
    case 0:
      pool.remove_key(kApi, name);
      break;
    case 1:
    case 2:
      pool.add_key(kApi, {.name = name,
                          .secret = Secret("sk-" + name),
                          .options = {.group = random() % 3 == 0 ? "shared" : "",
                                      .max_in_flight = std::uint32_t(random() % 3)}});
      break;
    case 3:
      pool.disable_key(kApi, name);
      break;
    case 4:
      pool.enable_key(kApi, name);
      break;
    case 5:
      pool.reset_key(kApi, name);
      break;
    case 6:
      pool.report_success(kApi, name, {.input_tokens = 3});
      break;
    case 7:
      pool.configure_endpoint(kApi, {.policy = static_cast<Policy>(random() % 5)});
      break;
    case 8: {
      ModelLimits limits{.model = random() % 2 == 0 ? "*" : "m", .limits = {}};
      limits.limits[Dimension::tokens_per_minute] = random() % 2 * 50'000'000;
      pool.configure_key(kApi, name, {.tier = int(random() % 2), .limits = {limits}});
      break;
    }
  }
}

void ask(const KeyPool& pool) {
  for (const EndpointStats& endpoint : pool.all_stats()) {
    for (const KeyStats& key : endpoint.keys) EXPECT_LT(key.in_flight, 1'000'000u);
  }
  EXPECT_LE(pool.available_keys(kApi), std::size_t{kKeys});
  static_cast<void>(pool.lanes(kApi));
}

TEST(Stress, EverythingAtOnceFromAllCores) {
  const char* const asked = std::getenv("KEYPOOL_STRESS_SECONDS");
  const auto time = asked != nullptr ? std::chrono::milliseconds(1000 * std::atoi(asked)) : 300ms;
  KeyPool pool({.secrets = nullptr});
  for (unsigned key = 0; key < kKeys; ++key) {
    pool.add_key(kApi, {.name = key_name(key), .secret = Secret("s")});
  }
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> open_waits{0};
  std::vector<std::thread> threads;
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  for (unsigned number = 0; number < cores + 2; ++number) {
    threads.emplace_back([&, number] {
      std::minstd_rand random(number + 1);
      while (!stop.load(std::memory_order_relaxed)) {
        if (number == 0) {
          operate(pool, random);
        } else if (number == 1) {
          ask(pool);
          pool.run_due();
        } else if (random() % 10 == 0) {
          wait(pool, random, open_waits);
        } else {
          call(pool, random);
        }
      }
    });
  }
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();

  while (pool.waiting(kApi) > 0) pool.run_due();
  EXPECT_EQ(open_waits.load(), 0);
  for (unsigned key = 0; key < kKeys; ++key) {
    while (pool.stats(kApi).size() > key && pool.stats(kApi)[key].in_flight > 0) {
      if (!pool.report_failure(kApi, pool.stats(kApi)[key].name)) break;
    }
  }
  for (const LaneStats& lane : pool.lanes(kApi)) EXPECT_EQ(lane.in_flight, 0u);
  for (const KeyStats& key : pool.stats(kApi)) EXPECT_EQ(key.in_flight, 0u);
}

TEST(Stress, PlainCallsFromAllCoresAreCountedAndSpreadAsOne) {
  constexpr std::uint64_t kCalls = 200'000;
  KeyPool pool({.secrets = nullptr});
  for (unsigned key = 0; key < 4; ++key) {
    pool.add_key(kApi, {.name = key_name(key), .secret = Secret("s")});
  }
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < cores; ++number) {
    threads.emplace_back([&] {
      Lease kept;
      for (std::uint64_t calls = 0; calls < kCalls; ++calls) {
        // Every other lease is ended after the next one began, on whichever lane that is.
        auto lease = pool.lease(kApi);
        ASSERT_TRUE(lease);
        kept.succeed({.input_tokens = 100});
        if (calls % 2 == 0)
          kept = std::move(*lease);
        else
          lease->succeed({.input_tokens = 100});
      }
      kept.succeed({.input_tokens = 100});
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::uint64_t requests = 0;
  for (const KeyStats& key : pool.stats(kApi)) {
    requests += key.total_requests;
    EXPECT_EQ(key.in_flight, 0u);
    EXPECT_EQ(key.successes, key.total_requests);
    EXPECT_EQ(key.total_input_tokens, 100 * key.successes);
    // A thread that the machine stops for a while keeps its lane from the others meanwhile.
    EXPECT_GT(key.total_requests, kCalls * cores / 16);
  }
  EXPECT_EQ(requests, kCalls * cores);
  EXPECT_EQ(pool.lanes(kApi).size(), 4u);
}

TEST(Stress, EndpointsAppearWhileOthersAreUsed) {
  KeyPool pool({.secrets = nullptr});
  pool.add_key("e0", {.name = "k", .secret = Secret("s")});
  std::atomic<int> known{1};
  std::thread adds([&] {
    for (int number = 1; number < 500; ++number) {
      pool.add_key("e" + std::to_string(number), {.name = "k", .secret = Secret("s")});
      known = number + 1;
    }
  });
  std::minstd_rand random(7);
  while (known < 500) {
    auto lease = pool.lease("e" + std::to_string(random() % static_cast<unsigned>(known)));
    ASSERT_TRUE(lease);
    lease->succeed({});
  }
  adds.join();
  EXPECT_EQ(pool.total_keys(), 500u);
}

}  // namespace
}  // namespace keypool
