#include "config/key_registry.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pool/fake_clock.h"

namespace keypool::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A gateway's keys from one configuration to the next.
class Registry : public testing::Test {
 protected:
  /// What `openai` lists now; the names resolve to what `values` holds.
  KeyChanges apply(std::vector<Key> keys) {
    Config config;
    Endpoint& endpoint = config.endpoints.emplace_back();
    endpoint.name = "openai";
    endpoint.keys = std::move(keys);
    std::vector<Resolution> resolved;
    for (const Key& key : endpoint.keys) {
      Resolution& one = resolved.emplace_back();
      one.told = {.endpoint = "openai", .name = key.name, .origin = {}, .places = {"nowhere"}};
      one.keys = pool::split_keys(key.name, values[key.name]);
    }
    return registry_.apply(config, std::move(resolved));
  }

  static Key named(std::string name) {
    Key key;
    key.name = std::move(name);
    return key;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const KeyStats& key : pool_.stats("openai")) all.push_back(key.name);
    return all;
  }
  [[nodiscard]] KeyStats stats(const std::string& name) const {
    for (const KeyStats& key : pool_.stats("openai")) {
      if (key.name == name) return key;
    }
    return {};
  }
  std::string secret_of_the_only_key() {
    auto lease = pool_.lease("openai");
    return lease ? std::string(lease->secret().reveal()) : "none";
  }

  std::map<std::string, std::string> values{{"A", "sk-a"}, {"B", "sk-b"}};
  FakeClock clock_;
  KeyPool pool_{Options{.clock = &clock_, .secrets = nullptr}};
  KeyRegistry registry_{pool_};
};

TEST_F(Registry, TheFirstConfigurationAddsEverything) {
  const auto changes = apply({named("A"), named("B")});

  EXPECT_THAT(changes.added, ElementsAre(Pair("openai", "A"), Pair("openai", "B")));
  EXPECT_THAT(names(), ElementsAre("A", "B"));
}

TEST_F(Registry, TheSameAgainChangesNothing) {
  apply({named("A")});

  const auto changes = apply({named("A")});

  EXPECT_THAT(changes.added, IsEmpty());
  EXPECT_THAT(changes.removed, IsEmpty());
  EXPECT_THAT(changes.replaced, IsEmpty());
  EXPECT_THAT(changes.changed, IsEmpty());
}

TEST_F(Registry, KeysThatAreGoneLeaveAndOthersKeepTheirCounts) {
  apply({named("A"), named("B")});
  pool_.report_success("openai", "A", {.input_tokens = 7});

  const auto changes = apply({named("A")});

  EXPECT_THAT(changes.removed, ElementsAre(Pair("openai", "B")));
  EXPECT_THAT(names(), ElementsAre("A"));
  EXPECT_EQ(stats("A").total_input_tokens, 7u);
}

TEST_F(Registry, AKeyThatLeavesEndsItsCallsFirst) {
  apply({named("A")});
  auto call = pool_.lease("openai");
  ASSERT_TRUE(call);

  apply({named("B")});

  EXPECT_EQ(stats("A").state, KeyState::draining);
  EXPECT_EQ(call->secret().reveal(), "sk-a");
  call->succeed({});
  EXPECT_THAT(names(), ElementsAre("B"));
}

TEST_F(Registry, AnotherSecretUnderTheSameNameKeepsTheCounts) {
  apply({named("A")});
  pool_.report_success("openai", "A", {.input_tokens = 7});
  values["A"] = "sk-new";

  const auto changes = apply({named("A")});

  EXPECT_THAT(changes.replaced, ElementsAre(Pair("openai", "A")));
  EXPECT_EQ(secret_of_the_only_key(), "sk-new");
  EXPECT_EQ(stats("A").total_input_tokens, 7u);
}

TEST_F(Registry, AListThatGrowsAddsTheNewOnes) {
  values["A"] = "sk-1,sk-2";
  apply({named("A")});
  values["A"] = "sk-1,sk-2,sk-3";

  const auto changes = apply({named("A")});

  EXPECT_THAT(changes.added, ElementsAre(Pair("openai", "A[2]")));
  EXPECT_THAT(changes.replaced, IsEmpty());
  EXPECT_THAT(names(), ElementsAre("A[0]", "A[1]", "A[2]"));
}

TEST_F(Registry, OneKeyThatBecomesAListIsRenamed) {
  apply({named("A")});
  values["A"] = "sk-a,sk-2";

  const auto changes = apply({named("A")});

  EXPECT_THAT(changes.added, ElementsAre(Pair("openai", "A[0]"), Pair("openai", "A[1]")));
  EXPECT_THAT(changes.removed, ElementsAre(Pair("openai", "A")));
}

TEST_F(Registry, OptionsAreAppliedToKeysThatStay) {
  apply({named("A")});
  Key limited = named("A");
  limited.options.max_in_flight = 1;

  const auto changes = apply({limited});

  EXPECT_THAT(changes.changed, ElementsAre(Pair("openai", "A")));
  const auto first = pool_.lease("openai");
  EXPECT_FALSE(pool_.lease("openai", {.when_none_ready = WhenNoneReady::refuse}));
}

TEST_F(Registry, AKeyWhoseValueCannotBeHadStaysAsItWas) {
  values["A"] = "sk-1,sk-2";
  apply({named("A")});
  values["A"] = "";
  Key limited = named("A");
  limited.options.max_in_flight = 1;

  const auto changes = apply({limited});

  ASSERT_THAT(changes.kept, SizeIs(1));
  EXPECT_EQ(changes.kept[0].name, "A");
  EXPECT_THAT(changes.kept[0].places, ElementsAre("nowhere"));
  EXPECT_THAT(names(), ElementsAre("A[0]", "A[1]"));
  EXPECT_THAT(changes.changed,
              UnorderedElementsAre(Pair("openai", "A[0]"), Pair("openai", "A[1]")));
}

TEST_F(Registry, ADisabledKeyIsEnabledWhenTheConfigurationSaysSo) {
  Key off = named("A");
  off.disabled = true;
  apply({off});
  EXPECT_EQ(stats("A").state, KeyState::disabled);
  EXPECT_TRUE(registry_.disables("openai", "A"));

  apply({named("A")});

  EXPECT_EQ(stats("A").state, KeyState::ready);
  EXPECT_FALSE(registry_.disables("openai", "A"));
}

TEST_F(Registry, WhatAnOperatorDisabledStaysDisabled) {
  apply({named("A")});
  pool_.disable_key("openai", "A");

  apply({named("A")});

  EXPECT_EQ(stats("A").state, KeyState::disabled);
  EXPECT_FALSE(registry_.disables("openai", "A"));
}

}  // namespace
}  // namespace keypool::config
