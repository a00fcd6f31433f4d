#include "config/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Config two_endpoints() {
  Config config;
  config.endpoints.resize(2);
  config.endpoints[0].name = "openai";
  config.endpoints[1].name = "local";
  return config;
}

TEST(ConfigChanges, AreNoneBetweenEquals) {
  EXPECT_TRUE(changes_between(two_endpoints(), two_endpoints()).empty());
}

TEST(ConfigChanges, AreNoneWhereOnlyTheOrderOfEndpointsDiffers) {
  auto other = two_endpoints();
  std::swap(other.endpoints[0], other.endpoints[1]);

  EXPECT_TRUE(changes_between(two_endpoints(), other).empty());
}

TEST(ConfigChanges, NameEndpointsThatCameAndWent) {
  auto after = two_endpoints();
  after.endpoints[1].name = "spare";

  const auto changes = changes_between(two_endpoints(), after);

  EXPECT_THAT(changes.added, ElementsAre("spare"));
  EXPECT_THAT(changes.removed, ElementsAre("local"));
  EXPECT_THAT(changes.changed, IsEmpty());
}

TEST(ConfigChanges, NameEachFieldOfAnEndpointThatDiffers) {
  const struct {
    const char* field;
    void (*change)(Endpoint& endpoint);
  } rows[] = {
      {"base_url", [](Endpoint& endpoint) { endpoint.base_url.port = 1; }},
      {"dialect", [](Endpoint& endpoint) { endpoint.dialect = provider::Dialect::gemini; }},
      {"policy", [](Endpoint& endpoint) { endpoint.policy = Policy::sequential; }},
      {"affinity", [](Endpoint& endpoint) { endpoint.affinity.by = Affinity::By::prefix; }},
      {"cooldown", [](Endpoint& endpoint) { endpoint.cooldown *= 2; }},
      {"attempts", [](Endpoint& endpoint) { ++endpoint.attempts; }},
      {"max_wait", [](Endpoint& endpoint) { endpoint.max_wait *= 2; }},
      {"fallback", [](Endpoint& endpoint) { endpoint.fallback = {"local"}; }},
  };
  for (const auto& row : rows) {
    auto after = two_endpoints();
    row.change(after.endpoints[0]);

    const auto changes = changes_between(two_endpoints(), after);

    EXPECT_THAT(changes.changed, ElementsAre(EndpointChange{"openai", {row.field}})) << row.field;
  }
}

TEST(ConfigChanges, NameFieldsOfTheWholeFile) {
  auto after = two_endpoints();
  after.limits.max_waiting = 1;
  after.routes.push_back({"gpt-*", "openai"});
  after.prices.emplace_back().model = "mine";

  EXPECT_THAT(changes_between(two_endpoints(), after).others,
              ElementsAre("limits", "routes", "prices"));
}

TEST(ConfigChanges, NameWhatNeedsARestartAndLeaveItAsItIs) {
  const auto before = two_endpoints();
  auto after = two_endpoints();
  after.listen.port = 1;
  after.admin.port = 2;
  after.threads = 3;
  after.state = ":memory:";

  EXPECT_THAT(changes_between(before, after).need_restart,
              ElementsAre("listen", "admin.listen", "threads", "state"));

  keep_what_needs_restart(before, after);

  EXPECT_TRUE(changes_between(before, after).empty());
}

}  // namespace
}  // namespace keypool::config
