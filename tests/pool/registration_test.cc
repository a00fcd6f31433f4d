#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pool/fixed_secrets.h"
#include "tests/pool/pool_of.h"

namespace keypool {
namespace {

using testing::ElementsAre;

TEST(Registration, TellsWhatWasAddedAndWhatResolvedToNothing) {
  const FixedSecrets secrets{{"A", "sk-1,sk-2"}};
  KeyPool pool({.secrets = &secrets});

  const Registration done = pool.register_endpoint(kApi, {"A", "B"});

  EXPECT_EQ(done.added, 2u);
  EXPECT_THAT(done.missing, ElementsAre("B"));
}

TEST(Registration, MergesWithWhatIsThereAndNeverDuplicates) {
  FixedSecrets secrets{{"A", "sk-1,sk-2"}, {"B", "sk-b"}};
  KeyPool pool({.secrets = &secrets});
  pool.register_endpoint(kApi, {"A"});
  pool.lease(kApi)->succeed({.input_tokens = 7});

  secrets.set("A", "sk-1,sk-2,sk-3");
  EXPECT_EQ(pool.register_endpoint(kApi, {"A", "B"}).added, 2u);
  EXPECT_EQ(pool.register_endpoint(kApi, {"A", "B"}).added, 0u);

  EXPECT_EQ(pool.total_keys(), 4u);
  EXPECT_EQ(pool.stats(kApi)[0].successes, 1u);
}

TEST(Registration, AnErrorNamesTheVariablesUntilOneIsFound) {
  FixedSecrets secrets{};
  KeyPool pool({.secrets = &secrets});
  pool.register_endpoint(kApi, {"A", "B"});

  const auto none = pool.lease(kApi);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, LeaseErrorKind::no_keys);
  EXPECT_THAT(none.error().tried, ElementsAre("A", "B"));
  EXPECT_EQ(none.error().message(),
            "endpoint api has no key: nothing found under A, B; set one of them, or add a key");

  secrets.set("B", "sk-b");
  pool.register_endpoint(kApi, {"B"});
  EXPECT_TRUE(pool.lease(kApi));
}

TEST(Registration, AKeyAddedLateIsNotFloodedUntilItsLifetimeTotalCatchesUp) {
  PoolOf api({"old"});
  for (int call = 0; call < 100; ++call) {
    api.use(100'000);
    api.clock.advance(std::chrono::seconds(1));
  }
  api.clock.advance(std::chrono::minutes(10));
  api.pool.add_key(kApi, {.name = "new", .secret = Secret("sk-new")});

  int late = 0;
  for (int call = 0; call < 100; ++call) late += api.use(1000) == "new";

  EXPECT_NEAR(late, 50, 2);
}

TEST(Registration, RefusesASecondKeyOfTheSameNameAndAnEmptySecret) {
  PoolOf api({"a"});
  EXPECT_FALSE(api.pool.add_key(kApi, {.name = "a", .secret = Secret("sk-other")}));
  EXPECT_FALSE(api.pool.add_key(kApi, {.name = "b", .secret = Secret()}));
  EXPECT_EQ(api.pool.total_keys(), 1u);
}

TEST(Registration, EndpointsKeepTheirOrder) {
  KeyPool pool({.secrets = nullptr});
  for (int number = 0; number < 100; ++number) {
    pool.add_key("e" + std::to_string(number), {.name = "k", .secret = Secret("s")});
  }
  const auto names = pool.endpoints();
  ASSERT_EQ(names.size(), 100u);
  for (int number = 0; number < 100; ++number) {
    EXPECT_EQ(names[number], "e" + std::to_string(number));
    EXPECT_TRUE(pool.lease(names[number]));
  }
}

TEST(Removal, ARemovedKeyIsNotLeasedAgainAndGoesWithItsLastCall) {
  PoolOf api({"a", "b"});
  Lease held = api.lease_of("a");

  EXPECT_TRUE(api.pool.remove_key(kApi, "a"));
  for (int call = 0; call < 10; ++call) EXPECT_EQ(api.use(1), "b");
  EXPECT_EQ(api.stats_of("a").state, KeyState::draining);
  EXPECT_EQ(held.secret().reveal(), "sk-a");

  held.succeed({});
  EXPECT_EQ(api.pool.stats(kApi).size(), 1u);
  EXPECT_FALSE(api.pool.remove_key(kApi, "a"));
}

TEST(Removal, TheNameIsFreeForANewKeyWhileTheOldOneDrains) {
  PoolOf api({"a"});
  Lease held = api.lease_of("a");
  api.pool.remove_key(kApi, "a");

  EXPECT_TRUE(api.pool.add_key(kApi, {.name = "a", .secret = Secret("sk-new")}));

  EXPECT_EQ(api.pool.lease(kApi)->secret().reveal(), "sk-new");
  EXPECT_EQ(held.secret().reveal(), "sk-a");
}

TEST(Removal, WithTheLastKeyGoneThereIsNone) {
  PoolOf api({"a"});
  api.pool.remove_key(kApi, "a");
  EXPECT_EQ(api.pool.lease(kApi).error().kind, LeaseErrorKind::no_keys);
  EXPECT_EQ(api.pool.total_keys(), 0u);
}

}  // namespace
}  // namespace keypool
