#include "cli/watch_view.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr const char* kOverview =
    R"({"at": "2026-11-24T08:14:00.250Z", "version": "1", "keys": 41000,
  "states": {"ready": 40998, "cooling": 2, "depleted": 0, "invalid": 0, "disabled": 0, "draining": 0},
  "calls": {"answered": 10, "refused": 1, "broken": 2, "hung_up": 3}, "in_flight": 4, "waiting": 5,
  "rate_limits": 6, "tokens": {"input": 700, "output": 77},
  "endpoints": [{"name": "openai", "keyless": false, "keys": 41000, "states": {"ready": 40998},
    "calls": {"answered": 10, "refused": 1, "broken": 2, "hung_up": 3}, "in_flight": 4,
    "waiting": 5, "rate_limits": 6, "tokens": {"input": 700, "output": 77}}]})";

WatchMoment moment(std::size_t keys) {
  WatchMoment moment{.address = "http://127.0.0.1:8081",
                     .trouble = {},
                     .overview = *read_overview(kOverview),
                     .rates = {.calls = 12.34, .tokens = 5678},
                     .page = {.keys = {}, .total = 41'000},
                     .sorted_by = "headroom"};
  for (std::size_t i = 0; i < keys; ++i) {
    KeyRow row;
    row.endpoint = "openai";
    row.name = "OPENAI_API_KEY[" + std::to_string(i) + "]";
    row.state = i == 0 ? "cooling" : "ready";
    row.reason = i == 0 ? "rate limit" : "";
    if (i == 0) row.ready_in = 12s;
    row.headroom = TightestRoom{
        .share_left = 0.5, .dimension = "tokens_per_minute", .left = 15'000, .limit = 30'000};
    moment.page.keys.push_back(std::move(row));
  }
  return moment;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(Overview, IsReadFromTheAdminApi) {
  const auto overview = read_overview(kOverview);
  ASSERT_TRUE(overview) << overview.error();
  EXPECT_EQ(overview->in_state("cooling"), 2);
  EXPECT_EQ(overview->in_state("disabled"), 0);
  EXPECT_EQ(overview->calls.ended(), 16);
  EXPECT_EQ(overview->endpoints.front().ready, 40'998);
}

TEST(Overview, RefusesWhatNoKeypoolSays) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"at": 7})"}) {
    EXPECT_FALSE(read_overview(body)) << body;
  }
}

TEST(Pace, IsTheMeanOfTheLastFiveSeconds) {
  Pace pace;
  const MonotonicTime start{};
  CallFigures figures;
  EXPECT_EQ(pace.rates(figures, start).calls, 0);
  for (int second = 1; second <= 20; ++second) {
    figures.answered += second <= 10 ? 100 : 10;
    figures.tokens += 50;
    const auto rates = pace.rates(figures, start + std::chrono::seconds(second));
    if (second == 10) EXPECT_DOUBLE_EQ(rates.calls, 100);
    if (second == 20) EXPECT_DOUBLE_EQ(rates.calls, 10);
    EXPECT_DOUBLE_EQ(rates.tokens, 50);
  }
}

TEST(Pace, BeginsAnewWithANewGateway) {
  Pace pace;
  const MonotonicTime start{};
  (void)pace.rates({.answered = 1000}, start);
  EXPECT_EQ(pace.rates({.answered = 3}, start + 1s).calls, 0);
  EXPECT_EQ(pace.rates({.answered = 5}, start + 2s).calls, 2);
}

TEST(WatchFrame, FillsTheScreenExactlyWhateverItsSize) {
  for (const std::size_t rows : {12UL, 24UL, 50UL, 200UL}) {
    for (const std::size_t keys : {0UL, 1UL, 500UL}) {
      const auto frame = watch_frame(moment(keys), {.interactive = true, .columns = 80}, rows);
      EXPECT_EQ(lines(frame), rows) << rows << " rows, " << keys << " keys";
    }
  }
}

TEST(WatchFrame, ShowsEachKeysHeadroomAndWhyItRests) {
  const auto frame = watch_frame(moment(3), {.interactive = true, .columns = 80}, 24);
  EXPECT_THAT(frame, HasSubstr("████░░░░  50% tpm"));
  EXPECT_THAT(frame, HasSubstr("in 12s"));
  EXPECT_THAT(frame, HasSubstr("40,998 of 41,000 keys ready, 2 cooling"));
  EXPECT_THAT(frame, HasSubstr("12 calls/s  5.7k tokens/s  4 in flight  5 waiting"));
}

TEST(WatchFrame, SaysMoreWhereThereIsRoom) {
  const auto frame = watch_frame(moment(3), {.interactive = true, .columns = 200}, 50);
  EXPECT_THAT(frame, HasSubstr("50% tpm 15k of 30k"));
  EXPECT_THAT(frame, HasSubstr("rate limit"));
}

TEST(WatchFrame, TellsWhichOfManyKeysItShows) {
  auto many = moment(500);
  many.offset = 100;
  const auto frame = watch_frame(many, {.interactive = true, .columns = 80}, 24);
  EXPECT_THAT(frame, HasSubstr("keys 101 to 115 of 41,000"));
}

TEST(WatchFrame, KeepsTheOldFiguresAndSaysThatTheyAreOld) {
  auto gone = moment(3);
  gone.trouble = "no gateway answers at http://127.0.0.1:8081: connection refused";
  const auto frame = watch_frame(gone, {.interactive = true, .columns = 80}, 24);
  EXPECT_THAT(frame, HasSubstr("No answer, trying again: no gateway answers"));
  EXPECT_THAT(frame, HasSubstr("OPENAI_API_KEY[0]"));
}

TEST(WatchFrame, ObeysNoNamesFromTheWire) {
  auto evil = moment(1);
  evil.page.keys.front().reason = "\x1b[2J\x07";
  evil.page.keys.front().name = "A\nB";
  evil.overview.endpoints.front().name = "x\x1b]0;t\x07";
  const auto frame = watch_frame(evil, {.interactive = true, .columns = 200}, 24);
  EXPECT_THAT(frame, Not(HasSubstr("\x1b")));
  EXPECT_EQ(lines(frame), 24);
}

}  // namespace
}  // namespace keypool::cli
