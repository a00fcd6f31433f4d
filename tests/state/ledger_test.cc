#include "state/ledger.h"

#include <atomic>
#include <fstream>
#include <new>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/usage.h"
#include "tests/state/test_store.h"

namespace keypool::test {
namespace {

using namespace std::chrono_literals;
using state::By;
using state::Database;
using state::Done;
using state::Figure;
using state::Figures;
using state::Ledger;
using state::Store;
using state::Tally;
using state::UsageRecord;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Figures one_call(std::uint64_t input = 100, std::uint64_t output = 50) {
  Figures figures;
  figures[Figure::succeeded] = 1;
  figures[Figure::input_tokens] = input;
  figures[Figure::output_tokens] = output;
  figures[Figure::cost_micro_usd] = 7;
  return figures;
}

UsageRecord call_of(std::string_view key, std::string_view client = "ci") {
  return {
      .endpoint = "openai", .key = key, .model = "gpt", .client = client, .figures = one_call()};
}

/// `label label…: requests`, a line each.
std::vector<std::string> lines(Store& store, const state::UsageQuestion& question) {
  std::vector<std::string> all;
  const auto rows = state::usage(store, question);
  if (!rows) return {rows.error().message};
  for (const auto& row : *rows) {
    std::string line;
    for (const auto& label : row.labels) line += label + " ";
    all.push_back(line + std::to_string(row.figures.requests()));
  }
  return all;
}

std::uint64_t requests_in(Store& store) {
  const auto rows = state::usage(store, {});
  if (!rows || rows->empty()) return 0;
  return rows->front().figures.requests();
}

class LedgerTest : public testing::Test {
 protected:
  state::LedgerOptions by_hand() {
    return {.clock = &folder_.clock, .every = 0ms, .warn = folder_.warn()};
  }

  StateFolder folder_;
  Store store_{folder_.options()};
};

TEST_F(LedgerTest, CountsByHourAndSeries) {
  Ledger ledger(store_, by_hand());
  Tally& tally = ledger.new_tally();
  tally.add(call_of("A"));
  tally.add(call_of("A"));
  tally.add(call_of("B", "web"));
  ASSERT_TRUE(ledger.flush());
  folder_.clock.advance(1h);
  tally.add(call_of("A"));
  ASSERT_TRUE(ledger.flush());

  EXPECT_THAT(lines(store_, {.by = {By::hour, By::key}}),
              ElementsAre("2026-11-24T13:00Z openai/A 2", "2026-11-24T13:00Z openai/B 1",
                          "2026-11-24T14:00Z openai/A 1"));
  EXPECT_THAT(lines(store_, {.by = {By::client}}), ElementsAre("ci 3", "web 1"));
  EXPECT_THAT(lines(store_, {.by = {By::day, By::model}}), ElementsAre("2026-11-24 gpt 4"));
}

TEST_F(LedgerTest, KeepsEveryFigureApart) {
  Ledger ledger(store_, by_hand());
  UsageRecord record = call_of("A");
  for (std::size_t at = 0; at < state::kFigures; ++at) record.figures.of[at] = at + 1;
  ledger.new_tally().add(record);
  ASSERT_TRUE(ledger.flush());
  const auto rows = state::usage(store_, {});
  ASSERT_TRUE(rows);
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_EQ(rows->front().figures, record.figures);
}

TEST_F(LedgerTest, AnswersAboutAPartOnly) {
  Ledger ledger(store_, by_hand());
  Tally& tally = ledger.new_tally();
  tally.add(call_of("A"));
  tally.add(call_of("B", "web"));
  ASSERT_TRUE(ledger.flush());
  folder_.clock.advance(1h);
  tally.add(call_of("A"));
  ASSERT_TRUE(ledger.flush());
  const auto now = state::hour_of(folder_.clock.wall());

  EXPECT_THAT(lines(store_, {.by = {By::key}, .client = "web"}), ElementsAre("openai/B 1"));
  EXPECT_THAT(lines(store_, {.by = {By::key}, .from = now}), ElementsAre("openai/A 1"));
  EXPECT_THAT(lines(store_, {.by = {By::key}, .until = now}),
              ElementsAre("openai/A 1", "openai/B 1"));
  EXPECT_THAT(lines(store_, {.by = {}, .endpoint = "elsewhere"}), IsEmpty());
}

TEST_F(LedgerTest, LosesNothingInACleanStop) {
  {
    Ledger ledger(store_, by_hand());
    ledger.new_tally().add(call_of("A"));
  }
  EXPECT_EQ(requests_in(store_), 1u);
}

TEST_F(LedgerTest, WritesByItself) {
  Ledger ledger(store_, {.clock = &folder_.clock, .every = 1ms});
  ledger.new_tally().add(call_of("A"));
  while (requests_in(store_) == 0) std::this_thread::yield();
  EXPECT_EQ(requests_in(store_), 1u);
}

TEST_F(LedgerTest, SavesWhatElseIsToBeSavedAtTheEnd) {
  int saved = 0;
  {
    const Ledger ledger(store_,
                        {.clock = &folder_.clock, .every = 0ms, .and_then = [&] { ++saved; }});
    EXPECT_EQ(saved, 0);
  }
  EXPECT_EQ(saved, 1);
}

TEST_F(LedgerTest, CountsEachCallOnceFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 20'000;
  Ledger ledger(store_, {.clock = &folder_.clock, .every = 1ms});
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&ledger] {
      Tally& tally = ledger.new_tally();
      for (int call = 0; call < kCalls; ++call) tally.add(call_of(call % 2 == 0 ? "A" : "B"));
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_TRUE(ledger.flush());
  EXPECT_THAT(lines(store_, {.by = {By::key}}), ElementsAre("openai/A 40000", "openai/B 40000"));
}

TEST_F(LedgerTest, TellsOnceThatItCannotWriteAndCatchesUp) {
  std::ofstream(folder_.path()) << "a file where the folder should be";
  Ledger ledger(store_, by_hand());
  Tally& tally = ledger.new_tally();
  for (int i = 0; i < 3; ++i) {
    tally.add(call_of("A"));
    EXPECT_FALSE(ledger.flush());
    folder_.clock.advance(1h);
  }
  EXPECT_THAT(folder_.warnings, ElementsAre(HasSubstr("counted in memory only")));

  std::filesystem::remove(folder_.path());
  tally.add(call_of("A"));
  EXPECT_TRUE(ledger.flush());

  EXPECT_THAT(lines(store_, {.by = {By::hour}}),
              ElementsAre("2026-11-24T13:00Z 1", "2026-11-24T14:00Z 1", "2026-11-24T15:00Z 1",
                          "2026-11-24T16:00Z 1"));
  EXPECT_THAT(folder_.warnings, ElementsAre(testing::_, HasSubstr("written again")));
}

TEST_F(LedgerTest, CatchesUpAfterAFullDisk) {
  Ledger ledger(store_, by_hand());
  Tally& tally = ledger.new_tally();
  tally.add(call_of("A"));
  ASSERT_TRUE(ledger.flush());
  const auto limit_pages = [this](const char* sql) {
    ASSERT_TRUE(store_.read([&](Database& database) { return database.run(sql); }));
  };
  limit_pages("PRAGMA max_page_count = 1");
  for (int i = 0; i < 2000; ++i) tally.add(call_of("key " + std::to_string(i)));
  EXPECT_FALSE(ledger.flush());
  EXPECT_THAT(folder_.warnings, ElementsAre(HasSubstr("full")));

  limit_pages("PRAGMA max_page_count = 1000000");
  EXPECT_TRUE(ledger.flush());

  EXPECT_EQ(requests_in(store_), 2001u);
}

TEST_F(LedgerTest, GoesOnInAFreshFileWhenItsOwnWasRemoved) {
  Ledger ledger(store_, by_hand());
  Tally& tally = ledger.new_tally();
  tally.add(call_of("A"));
  ASSERT_TRUE(ledger.flush());
  std::filesystem::remove_all(folder_.path());
  tally.add(call_of("A"));
  EXPECT_TRUE(ledger.flush());
  EXPECT_EQ(requests_in(store_), 1u);
}

TEST_F(LedgerTest, SumsUpOldHoursByDayAndDeletesWhatIsTooOld) {
  const auto start = folder_.clock.wall();
  Ledger ledger(store_, {.clock = &folder_.clock,
                         .every = 0ms,
                         .hours_kept = std::chrono::days(10),
                         .days_kept = std::chrono::days(20)});
  Tally& tally = ledger.new_tally();
  for (int hour = 0; hour < 3; ++hour) {
    tally.add(call_of("A"));
    ASSERT_TRUE(ledger.flush());
    folder_.clock.advance(1h);
  }

  folder_.clock.set(start + std::chrono::days(5));
  ASSERT_TRUE(ledger.flush());
  EXPECT_THAT(lines(store_, {.by = {By::hour}}), SizeIs(3));

  folder_.clock.set(start + std::chrono::days(12));
  ASSERT_TRUE(ledger.flush());
  EXPECT_THAT(lines(store_, {.by = {By::hour}}), ElementsAre("2026-11-24T00:00Z 3"));

  folder_.clock.set(start + std::chrono::days(30));
  ASSERT_TRUE(ledger.flush());
  EXPECT_THAT(lines(store_, {.by = {By::hour}}), IsEmpty());
}

TEST_F(LedgerTest, DoesNotGrowWithoutBoundFromNamesThatCallersMakeUp) {
  Tally tally;
  for (std::size_t i = 0; i < Tally::kMostSeries + 1000; ++i) {
    const auto model = "model " + std::to_string(i);
    tally.add({.endpoint = "openai", .key = "A", .model = model, .figures = one_call()});
  }
  std::map<state::Series, Figures> all;
  tally.move_into(all);
  EXPECT_EQ(all.size(), Tally::kMostSeries + 1);
  std::uint64_t requests = 0;
  for (const auto& [series, figures] : all) requests += figures.requests();
  EXPECT_EQ(requests, Tally::kMostSeries + 1000);
}

/// What a process that will be killed tells about its work.
struct Progress {
  std::atomic<std::uint64_t> counted{0};  ///< not before it was
  std::atomic<std::uint64_t> written{0};  ///< as flush said
};

/// Counts and writes until it is killed.
[[noreturn]] void count_until_killed(const state::StoreOptions& options, Progress& progress) {
  Store store(options);
  Ledger ledger(store, {.clock = options.clock, .every = 0ms});
  Tally& tally = ledger.new_tally();
  for (std::uint64_t call = 0;; ++call) {
    progress.counted.fetch_add(1);
    tally.add(call_of("key " + std::to_string(call % 7)));
    if (call % 5 != 4) continue;
    if (ledger.flush()) progress.written.store(call + 1);
  }
}

// The moment is random in what the process has done, not in time: the test is as hard on a fast
// machine as on a slow one.
TEST(LedgerOfAKilledProcess, HoldsWhatWasWrittenAndNothingTwice) {
  constexpr int kKills = 100;
  StateFolder folder;
  auto* const shared =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::uint64_t random = 20261124;
  for (int kill = 0; kill < kKills; ++kill) {
    auto& progress = *new (shared) Progress;
    random = random * 6364136223846793005 + 1442695040888963407;
    const auto moment = random >> 33 & 0x7F;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) count_until_killed(folder.options(), progress);
    while (progress.counted.load() < moment) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    least += progress.written.load();
    most += progress.counted.load();
    Store store(folder.options());
    const auto opened = store.open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto found = requests_in(store);
    ASSERT_GE(found, least) << "after kill " << kill;
    ASSERT_LE(found, most) << "after kill " << kill;
    least = most = found;
  }
  ::munmap(shared, sizeof(Progress));
  EXPECT_THAT(folder.warnings, IsEmpty());
}

}  // namespace
}  // namespace keypool::test
