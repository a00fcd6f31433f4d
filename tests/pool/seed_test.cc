// The scenarios that the original pool was built on; what they promise must never change.
#include <gtest/gtest.h>

#include <keypool/key_pool.h>

#include "tests/pool/fake_clock.h"
#include "tests/pool/fixed_secrets.h"

namespace keypool {
namespace {

using namespace std::chrono_literals;

constexpr const char* kApi = "https://api.test.com";

TEST(Seed, ASingleKeyMakesTheRoundTrip) {
  const FakeClock clock;
  const FixedSecrets secrets{{"TEST_KEY", "sk-test-111"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});
  pool.register_endpoint(kApi, {"TEST_KEY"});

  auto lease = pool.lease(kApi);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->secret().reveal(), "sk-test-111");
  EXPECT_EQ(lease->key_name(), "TEST_KEY");
  lease->detach();
  EXPECT_TRUE(pool.report_success(kApi, "TEST_KEY",
                                  {.latency = 500ms, .input_tokens = 100, .output_tokens = 50}));

  const auto stats = pool.stats(kApi);
  ASSERT_EQ(stats.size(), 1u);
  EXPECT_EQ(stats[0].successes, 1u);
  EXPECT_EQ(stats[0].total_latency, 500ms);
}

TEST(Seed, ColdKeysAreUsedEachInTurn) {
  const FakeClock clock;
  const FixedSecrets secrets{{"A", "sk-aaa"}, {"B", "sk-bbb"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});
  pool.register_endpoint(kApi, {"A", "B"});

  auto first = pool.lease(kApi);
  const std::string first_name(first->key_name());
  first->succeed({.latency = 100ms, .input_tokens = 10, .output_tokens = 5});
  auto second = pool.lease(kApi);

  EXPECT_NE(first_name, second->key_name());
}

TEST(Seed, TheKeyWithTheFewestTokensIsPreferredAndTheBalanceFlips) {
  const FakeClock clock;
  const FixedSecrets secrets{{"A", "sk-ta1"}, {"B", "sk-ta2"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});
  pool.register_endpoint(kApi, {"A", "B"});
  const auto use = [&](std::uint64_t input, std::uint64_t output) {
    auto lease = pool.lease(kApi);
    std::string name(lease->key_name());
    lease->succeed({.latency = 100ms, .input_tokens = input, .output_tokens = output});
    return name;
  };
  const std::string heavy = use(1000, 500);
  const std::string light = use(100, 50);

  EXPECT_EQ(use(5000, 5000), light);
  EXPECT_EQ(use(10, 10), heavy);
}

TEST(Seed, ACommaSeparatedValueMakesAKeyOfEachItem) {
  const FakeClock clock;
  const FixedSecrets secrets{{"CSV", "sk-one, sk-two, sk-three"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});
  pool.register_endpoint(kApi, {"CSV"});

  EXPECT_EQ(pool.total_keys(), 3u);
  auto first = pool.lease(kApi);
  auto second = pool.lease(kApi);
  auto third = pool.lease(kApi);
  EXPECT_EQ(first->secret().reveal(), "sk-one");
  EXPECT_EQ(second->secret().reveal(), "sk-two");
  EXPECT_EQ(third->secret().reveal(), "sk-three");
}

TEST(Seed, ARateLimitedKeyIsSkipped) {
  const FakeClock clock;
  const FixedSecrets secrets{{"A", "sk-rl1"}, {"B", "sk-rl2"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});
  pool.register_endpoint(kApi, {"A", "B"});

  auto first = pool.lease(kApi);
  const std::string limited(first->key_name());
  first->detach();
  EXPECT_TRUE(pool.report_rate_limit(kApi, limited));

  for (int call = 0; call < 5; ++call) {
    auto lease = pool.lease(kApi);
    EXPECT_NE(lease->key_name(), limited);
    lease->succeed({.input_tokens = 1000});
  }
}

TEST(Seed, LeaseOrEnvRegistersTheEndpointOnFirstUse) {
  const FakeClock clock;
  const FixedSecrets secrets{{"FALLBACK", "sk-fallback"}};
  KeyPool pool({.clock = &clock, .secrets = &secrets});

  auto lease = pool.lease_or_env("https://api.new.com", "FALLBACK");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->secret().reveal(), "sk-fallback");
  EXPECT_EQ(pool.total_keys(), 1u);
}

TEST(Seed, AnUnknownEndpointGivesNoLease) {
  const FakeClock clock;
  KeyPool pool({.clock = &clock, .secrets = nullptr});

  auto lease = pool.lease("https://nonexistent.com");
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().kind, LeaseErrorKind::unknown_endpoint);
}

}  // namespace
}  // namespace keypool
