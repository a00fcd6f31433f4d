#include "state/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/sticky.h"
#include "tests/state/test_store.h"

namespace keypool::test {
namespace {

using namespace std::chrono_literals;
using state::Findings;
using state::StatsKeeper;
using state::StickyId;
using state::Store;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime kNow = WallTime(1'800'000'000s);

Findings some_findings() {
  return {.keys = {{"openai", "A", KeyState::invalid, "401 revoked"},
                   {"openai", "B", KeyState::depleted, "no credit", kNow + 1h}},
          .lanes = {{"openai", "C", "gpt", kNow + 30s}},
          .limits = {{"openai", "C", "gpt", Dimension::tokens_per_minute, LimitSource::reported,
                      30'000}},
          .accounts = {{"openai", "C", "org-1"}}};
}

TEST(Findings, OutlastARestart) {
  StateFolder folder;
  {
    Store store(folder.options());
    ASSERT_TRUE(save_findings(store, some_findings()));
  }
  Store store(folder.options());
  EXPECT_EQ(state::load_findings(store, kNow), some_findings());
}

TEST(Findings, ThatEndedMeanwhileAreGone) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(save_findings(store, some_findings()));
  const auto later = state::load_findings(store, kNow + 2h);
  ASSERT_TRUE(later);
  EXPECT_THAT(later->lanes, IsEmpty());
  EXPECT_THAT(later->keys, ElementsAre(some_findings().keys[0]));
  EXPECT_EQ(later->limits, some_findings().limits);
}

TEST(Findings, TakeThePlaceOfEarlierOnes) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_TRUE(save_findings(store, some_findings()));
  const Findings now{.keys = {{"openai", "B", KeyState::disabled, "by an operator"}}};
  ASSERT_TRUE(save_findings(store, now));
  EXPECT_EQ(state::load_findings(store, kNow), now);
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
