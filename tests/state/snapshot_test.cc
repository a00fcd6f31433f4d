#include "state/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/standing_document.h"
#include "state/sticky.h"
#include "tests/state/test_store.h"

namespace keypool::test {
namespace {

using namespace std::chrono_literals;
using state::StandingKeeper;
using state::StatsKeeper;
using state::StickyId;
using state::Store;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime kNow = WallTime(1'800'000'000s);

std::vector<EndpointStanding> some_standing() {
  return {{"anthropic", {{.key = "Z", .account = "org-2"}}},
          {"openai",
           {{.key = "A", .disabled = true},
            {.key = "B",
             .draining = true,
             .refused = RestStanding{.reason = "401 revoked", .since = kNow, .in_a_row = 3}},
            {.key = "C",
             .account = "org-1",
             .depleted = RestStanding{.reason = "no credit", .since = kNow, .until = kNow + 1h},
             .lanes = {{.model = "gpt",
                        .fault = LaneFault::rate_limit,
                        .rest = RestStanding{.since = kNow, .until = kNow + 30s},
                        .limits = {{.dimension = Dimension::tokens_per_minute,
                                    .source = LimitSource::reported,
                                    .limit = 30'000,
                                    .full_at = kNow + 20s},
                                   {.dimension = Dimension::requests_per_minute,
                                    .source = LimitSource::learned,
                                    .limit = 60}}},
                       {.model = ""}}}}}};
}

TEST(Standing, OutlastsARestart) {
  StateFolder folder;
  {
    Store store(folder.options());
    ASSERT_TRUE(StandingKeeper(store).save(some_standing()));
  }
  Store store(folder.options());
  EXPECT_EQ(StandingKeeper(store).load(), some_standing());
}

TEST(Standing, TakesThePlaceOfAnEarlierOne) {
  StateFolder folder;
  Store store(folder.options());
  StandingKeeper keeper(store);
  ASSERT_TRUE(keeper.save(some_standing()));
  const std::vector<EndpointStanding> now{{"openai", {{.key = "C", .account = "org-3"}}}};
  ASSERT_TRUE(keeper.save(now));
  EXPECT_EQ(StandingKeeper(store).load(), now);
}

TEST(Standing, ThatDidNotChangeIsNotWrittenAgain) {
  StateFolder folder;
  Store store(folder.options());
  StandingKeeper keeper(store);
  ASSERT_TRUE(keeper.save(some_standing()));
  Store other(folder.options(state::StoreOptions::Use::command));
  const auto before = other.changes_by_others();
  ASSERT_TRUE(keeper.save(some_standing()));
  EXPECT_EQ(other.changes_by_others(), before);
}

TEST(Standing, IsWrittenWholeIntoAFileThatTookThePlaceOfOneThatWasRemoved) {
  StateFolder folder;
  Store store(folder.options());
  StandingKeeper keeper(store);
  ASSERT_TRUE(keeper.save(some_standing()));
  std::filesystem::remove(folder.file());
  auto later = some_standing();
  later[0].keys[0].account = "org-4";

  ASSERT_TRUE(keeper.save(later));

  EXPECT_EQ(StandingKeeper(store).load(), later);
}

TEST(Standing, InWordsOfALaterVersionIsReadAsFarAsItIsUnderstood) {
  const auto read = state::read_standing(
      "A", R"({"disabled":true,"mood":"sour","lanes":[{"model":"m","fault":"bored","limits":[
              {"dimension":"smiles_per_minute","source":"learned","limit":3},
              {"dimension":"requests_per_minute","source":"learned","limit":3}]}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (KeyStanding{.key = "A",
                                .disabled = true,
                                .lanes = {{.model = "m",
                                           .limits = {{.dimension = Dimension::requests_per_minute,
                                                       .source = LimitSource::learned,
                                                       .limit = 3}}}}}));
}

TEST(Standing, ThatIsNoneIsLeftOut) {
  for (const char* const text : {"", "{", "[]x", R"({"lanes":[{}]})", R"({"disabled":"yes"})"}) {
    EXPECT_EQ(state::read_standing("A", text), std::nullopt) << text;
  }
}

KeyStats counts(std::string name, std::uint64_t requests) {
  KeyStats stats;
  stats.name = std::move(name);
  stats.total_requests = requests;
  stats.successes = requests - 1;
  stats.failures = 1;
  stats.rate_limits = 2;
  stats.abandoned = 3;
  stats.total_latency = 450ms;
  stats.total_input_tokens = 1000;
  stats.total_output_tokens = 500;
  stats.last_success_at = kNow;
  return stats;
}

TEST(KeyCounts, OutlastARestart) {
  StateFolder folder;
  {
    Store store(folder.options());
    StatsKeeper keeper(store);
    ASSERT_TRUE(keeper.save({{"openai", {counts("A", 10), counts("B", 20)}}}));
    ASSERT_TRUE(keeper.save({{"openai", {counts("A", 11), counts("B", 20)}}}));
  }
  Store store(folder.options());
  const auto loaded = StatsKeeper(store).load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1u);
  const auto& keys = loaded->front().keys;
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name, "A");
  EXPECT_EQ(keys[0].total_requests, 11u);
  EXPECT_EQ(keys[0].abandoned, 3u);
  EXPECT_EQ(keys[0].total_latency, 450ms);
  EXPECT_EQ(keys[0].last_success_at, kNow);
  EXPECT_EQ(keys[0].last_rate_limit_at, std::nullopt);
  EXPECT_EQ(keys[1].total_requests, 20u);
}

TEST(KeyCounts, ThatDidNotChangeAreNotWrittenAgain) {
  StateFolder folder;
  Store store(folder.options());
  StatsKeeper keeper(store);
  ASSERT_TRUE(keeper.save({{"openai", {counts("A", 10)}}}));
  Store other(folder.options(state::StoreOptions::Use::command));
  const auto before = other.changes_by_others();
  ASSERT_TRUE(keeper.save({{"openai", {counts("A", 10)}}}));
  EXPECT_EQ(other.changes_by_others(), before);
}

TEST(KeyCounts, AreWrittenWholeIntoAFileThatTookThePlaceOfOneThatWasRemoved) {
  StateFolder folder;
  Store store(folder.options());
  StatsKeeper keeper(store);
  ASSERT_TRUE(keeper.save({{"openai", {counts("A", 10), counts("B", 20)}}}));
  std::filesystem::remove(folder.file());

  ASSERT_TRUE(keeper.save({{"openai", {counts("A", 10), counts("B", 21)}}}));

  const auto loaded = StatsKeeper(store).load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1u);
  EXPECT_EQ(loaded->front().keys.size(), 2u);
}

TEST(StickyIds, OutlastARestartUntilTheyExpire) {
  StateFolder folder;
  const StickyId file{"openai", "file-1", "A", kNow + 48h};
  const StickyId batch{"openai", "batch_1", "B", kNow + 1h};
  {
    Store store(folder.options());
    ASSERT_TRUE(save_sticky(store, {file, batch}));
  }
  Store store(folder.options());
  EXPECT_THAT(state::load_sticky(store, kNow, 100).value(), ElementsAre(file, batch));
  EXPECT_THAT(state::load_sticky(store, kNow, 1).value(), ElementsAre(file));
  EXPECT_THAT(state::load_sticky(store, kNow + 2h, 100).value(), ElementsAre(file));
  ASSERT_TRUE(forget_sticky(store, "openai", "file-1"));
  EXPECT_THAT(state::load_sticky(store, kNow, 100).value(), IsEmpty());
}

TEST(StickyIds, OfOneNameBelongToTheLastKeySeen) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(save_sticky(store, {{"openai", "file-1", "A", kNow + 1h}}));
  ASSERT_TRUE(save_sticky(store, {{"openai", "file-1", "B", kNow + 2h}}));
  EXPECT_THAT(state::load_sticky(store, kNow, 100).value(),
              ElementsAre(StickyId{"openai", "file-1", "B", kNow + 2h}));
}

}  // namespace
}  // namespace keypool::test
