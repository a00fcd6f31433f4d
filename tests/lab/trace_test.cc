#include "lab/trace.h"

#include <cmath>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/temporary_file.h"

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::expected<Trace, std::string> load(std::string_view text) {
  return load_trace(TemporaryFile(text).path());
}

TEST(TraceFile, IsReadFromDatesToTheTenMillionthOfASecond) {
  const auto trace = load(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2023-11-16 23:59:59.5000000,374,44\n"
      "2023-11-17 00:00:00.5000001,396,109\n");

  ASSERT_TRUE(trace) << trace.error();
  ASSERT_EQ(trace->size(), 2u);
  EXPECT_EQ((*trace)[0].at, 0ns);
  EXPECT_EQ((*trace)[0].input_tokens, 374u);
  EXPECT_EQ((*trace)[0].output_tokens, 44u);
  EXPECT_EQ((*trace)[1].at, 1s + 100ns);
}

TEST(TraceFile, MayHaveSecondsOtherColumnsAndAnyOrder) {
  const auto trace = load(
      "id,GeneratedTokens,ContextTokens,TIMESTAMP\r\n"
      "x,2,1,10.5\r\n"
      "y,4,3,9\r\n"
      "\r\n");

  ASSERT_TRUE(trace) << trace.error();
  ASSERT_EQ(trace->size(), 2u);
  EXPECT_EQ((*trace)[0].input_tokens, 3u);
  EXPECT_EQ((*trace)[1].at, 1500ms);
}

struct Row {
  const char* name;
  const char* text;
  const char* complaint;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class TraceMistake : public ::testing::TestWithParam<Row> {};

TEST_P(TraceMistake, IsNamedWithItsLine) {
  const TemporaryFile file(GetParam().text);

  const auto trace = load_trace(file.path());

  ASSERT_FALSE(trace);
  EXPECT_THAT(trace.error(), HasSubstr(file.path() + GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TraceMistake,
    ::testing::Values(
        Row{"Empty", "", ":1:1: expected a heading"},
        Row{"NoHeading", "2023-11-16 18:15:46.68,374,44\n", ":1:1: expected a heading"},
        Row{"MissingColumn", "TIMESTAMP,ContextTokens\n1,2\n", ":1:1: expected a heading"},
        Row{"NoCalls", "TIMESTAMP,ContextTokens,GeneratedTokens\n", ":2:1: expected a call"},
        Row{"ShortLine", "TIMESTAMP,ContextTokens,GeneratedTokens\n1,2,3\n4,5\n",
            ":3:4: the line ends after 2 of 3 columns"},
        Row{"NoTime", "TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,2,3\n",
            ":2:1: TIMESTAMP: expected a time"},
        Row{"NoSuchDay", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-02-30 00:00:00,2,3\n",
            ":2:1: TIMESTAMP: expected a time"},
        Row{"NegativeTokens", "TIMESTAMP,ContextTokens,GeneratedTokens\n1, -2,3\n",
            ":2:4: ContextTokens: expected a whole number"},
        Row{"EmptyColumn", "TIMESTAMP,ContextTokens,GeneratedTokens\n1,2,\n",
            ":2:5: GeneratedTokens: expected a whole number"}),
    [](const auto& row) { return row.param.name; });

TEST(TraceFile, ThatIsNotThereIsNamed) {
  const auto trace = load_trace("/nowhere/trace.csv");

  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error(), "cannot read /nowhere/trace.csv: No such file or directory");
}

/// Variance of the counts in stretches of `length`, divided by their mean: 1 for calls that come
/// without regard to each other.
double dispersion(const Trace& trace, WorldTime length) {
  std::map<std::int64_t, double> counts;
  for (const Arrival& arrival : trace) ++counts[arrival.at / length];
  const auto stretches = static_cast<double>(trace.back().at / length);
  double sum = 0;
  double squares = 0;
  for (const auto& [stretch, count] : counts) {
    sum += count;
    squares += count * count;
  }
  const double mean = sum / stretches;
  return (squares / stretches - mean * mean) / mean;
}

TEST(BurstyTrace, IsAsUnevenAsRecordedOnes) {
  const Trace trace = make_bursty_trace({.calls = 20'000});

  EXPECT_EQ(trace.size(), 20'000u);
  EXPECT_NEAR(std::chrono::duration<double>(trace.back().at).count(), 3600, 1);
  EXPECT_NEAR(mean_tokens_of(trace).input, 1'150, 60);
  EXPECT_NEAR(mean_tokens_of(trace).output, 210, 12);
  // The Azure conversation trace of 2023 has 1.4, 3.9 and 15.
  EXPECT_NEAR(dispersion(trace, 1s), 1.4, 0.3);
  EXPECT_NEAR(dispersion(trace, 10s), 3.9, 1);
  EXPECT_NEAR(dispersion(trace, 60s), 15, 6);
}

TEST(BurstyTrace, IsTheSameForTheSameSeed) {
  const auto sum = [](std::uint64_t seed) {
    std::uint64_t sum = 0;
    for (const Arrival& arrival : make_bursty_trace({.calls = 100, .seed = seed})) {
      sum = sum * 31 + arrival.input_tokens + static_cast<std::uint64_t>(arrival.at.count());
    }
    return sum;
  };
  EXPECT_EQ(sum(3), sum(3));
  EXPECT_NE(sum(3), sum(4));
}

TEST(BurstyTrace, MayBeEmptyOrOneCall) {
  EXPECT_TRUE(make_bursty_trace({.calls = 0}).empty());
  EXPECT_EQ(make_bursty_trace({.calls = 1}).size(), 1u);
}

TEST(Trace, SpedUpComesSoonerAndUnchangedElse) {
  const Trace trace = sped_up({{.at = 0s}, {.at = 10s, .input_tokens = 7}}, 4);

  EXPECT_EQ(trace[1].at, 2500ms);
  EXPECT_EQ(trace[1].input_tokens, 7u);
}

TEST(Trace, BecomesConversationsOfTheWantedLength) {
  const Trace trace = with_conversations(make_bursty_trace({.calls = 5'000}), 5, 1);

  std::map<std::uint64_t, int> turns;
  for (const Arrival& arrival : trace) ++turns[arrival.conversation];
  EXPECT_EQ(turns.count(0), 0u);
  EXPECT_NEAR(5'000.0 / static_cast<double>(turns.size()), 5, 0.5);
}

}  // namespace
}  // namespace keypool::lab
