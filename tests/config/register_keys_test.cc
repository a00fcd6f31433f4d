#include "config/register_keys.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/fake_secrets.h"
#include "tests/pool/fake_clock.h"

namespace keypool::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Endpoint with_keys(std::string name, std::vector<std::string> key_names) {
  Endpoint endpoint;
  endpoint.name = std::move(name);
  for (auto& key_name : key_names) {
    endpoint.keys.emplace_back().name = std::move(key_name);
  }
  return endpoint;
}

std::vector<std::string> key_names(const KeyPool& pool, std::string_view endpoint) {
  std::vector<std::string> names;
  for (const KeyStats& key : pool.stats(endpoint)) names.push_back(key.name);
  return names;
}

class RegisterKeys : public testing::Test {
 protected:
  std::vector<ResolvedKey> registered(Endpoint endpoint) {
    config_.endpoints = {std::move(endpoint)};
    return register_keys(config_, secrets_, pool_);
  }

  test::FakeSecrets secrets_{{{"ONE", "sk-1"}, {"LIST", "sk-a, sk-b,,sk-c"}, {"COMMAS", ",,"}}};
  FakeClock clock_;
  KeyPool pool_{Options{.clock = &clock_, .secrets = &secrets_}};
  Config config_;
};

TEST_F(RegisterKeys, FillsThePoolUnderTheEndpointsName) {
  const auto resolved = registered(with_keys("openai", {"ONE"}));

  ASSERT_EQ(resolved.size(), 1u);
  EXPECT_EQ(resolved[0].endpoint, "openai");
  EXPECT_EQ(resolved[0].name, "ONE");
  EXPECT_EQ(resolved[0].keys, 1u);
  EXPECT_EQ(resolved[0].origin, "memory");
  EXPECT_THAT(resolved[0].places, IsEmpty());
  EXPECT_EQ(pool_.lease("openai")->secret().reveal(), "sk-1");
}

TEST_F(RegisterKeys, AListMakesNumberedKeys) {
  const auto resolved = registered(with_keys("openai", {"LIST"}));

  EXPECT_EQ(resolved.at(0).keys, 3u);
  EXPECT_THAT(key_names(pool_, "openai"), ElementsAre("LIST[0]", "LIST[1]", "LIST[3]"));
}

TEST_F(RegisterKeys, ANameThatIsNotFoundTellsWhereItWasLookedFor) {
  const auto resolved = registered(with_keys("openai", {"ABSENT"}));

  EXPECT_EQ(resolved.at(0).keys, 0u);
  EXPECT_THAT(resolved.at(0).places, ElementsAre("ABSENT in memory: not there"));
}

TEST_F(RegisterKeys, AnEndpointWithoutAnyKeyIsKnownToThePool) {
  registered(with_keys("openai", {"ABSENT"}));

  const auto lease = pool_.lease("openai");

  ASSERT_FALSE(lease.has_value());
  EXPECT_EQ(lease.error().kind, LeaseErrorKind::no_keys);
  EXPECT_THAT(lease.error().tried, ElementsAre("ABSENT"));
}

TEST_F(RegisterKeys, AListOfNothingButCommasIsNotFound) {
  const auto resolved = registered(with_keys("openai", {"COMMAS"}));

  EXPECT_EQ(resolved.at(0).keys, 0u);
  EXPECT_THAT(resolved.at(0).places, ElementsAre("memory: only separators, no key between them"));
}

TEST_F(RegisterKeys, ADisabledKeyIsRegisteredButNotUsed) {
  auto endpoint = with_keys("openai", {"LIST", "ONE"});
  endpoint.keys[0].disabled = true;

  registered(endpoint);

  EXPECT_EQ(pool_.total_keys(), 4u);
  EXPECT_EQ(pool_.available_keys("openai"), 1u);
  EXPECT_EQ(pool_.stats("openai").at(0).state, KeyState::disabled);
}

TEST_F(RegisterKeys, KeysOfOneGroupShareItsQuota) {
  auto endpoint = with_keys("openai", {"LIST", "ONE"});
  endpoint.keys[0].options.group = "team";

  registered(endpoint);
  auto lease = pool_.lease("openai");
  ASSERT_TRUE(lease.has_value());
  ASSERT_TRUE(lease->key_name().starts_with("LIST["));
  lease->group_depleted("no credit");

  EXPECT_EQ(pool_.available_keys("openai"), 1u);
}

TEST_F(RegisterKeys, TheEndpointsCooldownIsThePools) {
  auto endpoint = with_keys("openai", {"ONE"});
  endpoint.cooldown = 5min;
  registered(endpoint);

  pool_.lease("openai")->rate_limited();

  clock_.advance(5min - 1s);
  EXPECT_EQ(pool_.available_keys("openai"), 0u);
  clock_.advance(1s);
  EXPECT_EQ(pool_.available_keys("openai"), 1u);
}

TEST_F(RegisterKeys, AKeyIsUsedAsItIsConfigured) {
  auto endpoint = with_keys("openai", {"ONE", "LIST"});
  endpoint.keys[0].options.max_in_flight = 1;
  endpoint.keys[1].options.tier = 1;
  registered(endpoint);

  const auto first = pool_.lease("openai");
  const auto second = pool_.lease("openai");

  EXPECT_EQ(first->key_name(), "ONE");
  EXPECT_TRUE(second->key_name().starts_with("LIST["));
}

TEST_F(RegisterKeys, AnEndpointChoosesAsItIsConfigured) {
  auto endpoint = with_keys("openai", {"LIST", "ONE"});
  endpoint.policy = Policy::sequential;
  registered(endpoint);

  for (int call = 0; call < 5; ++call) EXPECT_EQ(pool_.lease("openai")->key_name(), "LIST[0]");
}

TEST_F(RegisterKeys, TheQueueIsBoundedAsConfigured) {
  auto endpoint = with_keys("openai", {"ONE"});
  endpoint.keys[0].options.max_in_flight = 1;
  config_.limits.max_waiting = 1;
  registered(endpoint);
  const auto held = pool_.lease("openai");
  int refused = 0;
  const auto count = [&refused](const std::expected<Lease, LeaseError>& end) { refused += !end; };

  const Waiting first = pool_.lease_when_ready("openai", {.lease = {}}, count);
  const Waiting second = pool_.lease_when_ready("openai", {.lease = {}}, count);

  EXPECT_EQ(pool_.waiting("openai"), 1u);
  EXPECT_EQ(refused, 1);
}

TEST_F(RegisterKeys, KeylessEndpointsGetNone) {
  Endpoint local;
  local.name = "local";
  local.keyless = true;

  EXPECT_THAT(registered(local), IsEmpty());
  EXPECT_EQ(pool_.total_keys(), 0u);
}

TEST_F(RegisterKeys, TheSameNameServesSeveralEndpoints) {
  config_.endpoints = {with_keys("openai", {"ONE"}), with_keys("proxy", {"ONE"})};

  register_keys(config_, secrets_, pool_);

  EXPECT_EQ(pool_.available_keys("openai"), 1u);
  EXPECT_EQ(pool_.available_keys("proxy"), 1u);
}

}  // namespace
}  // namespace keypool::config
