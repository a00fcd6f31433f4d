#include "admin/usage_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

using nlohmann::json;
using state::By;
using state::Figure;
using state::Figures;
using state::UsageRow;
using testing::HasSubstr;
using testing::StartsWith;

UsageRow row(std::vector<std::string> labels) {
  Figures figures;
  figures[Figure::succeeded] = 2;
  figures[Figure::rate_limited] = 1;
  figures[Figure::input_tokens] = 1000;
  figures[Figure::cached_tokens] = 400;
  figures[Figure::output_tokens] = 10;
  figures[Figure::cost_micro_usd] = 5000;
  figures[Figure::estimated] = 1;
  return {std::move(labels), figures};
}

TEST(UsageRow, HasEveryFigureUnderItsName) {
  EXPECT_EQ(usage_row_json({}, row({})), json::parse(R"({
    "calls": 3, "cost_usd": 0.005, "estimated": 1,
    "outcomes": {"succeeded": 2, "rate_limited": 1, "refused": 0, "failed": 0, "hung_up": 0},
    "tokens": {"input": 1000, "cached_input": 400, "cache_write": 0, "cache_write_1h": 0,
               "audio_input": 0, "output": 10, "reasoning": 0, "audio_output": 0}})"));
}

TEST(UsageRow, TellsWhenItsTimeBegins) {
  EXPECT_EQ(usage_row_json({By::hour}, row({"2026-11-24T13:00Z"}))["start"],
            "2026-11-24T13:00:00Z");
  EXPECT_EQ(usage_row_json({By::day}, row({"2026-11-24"}))["start"], "2026-11-24T00:00:00Z");
  EXPECT_EQ(usage_row_json({By::month}, row({"2026-11"}))["start"], "2026-11-01T00:00:00Z");
}

TEST(UsageRow, TellsAKeyWithItsEndpoint) {
  const auto one = usage_row_json({By::key, By::model}, row({"openai/A/B", "gpt"}));
  EXPECT_EQ(one["endpoint"], "openai");
  EXPECT_EQ(one["key"], "A/B");
  EXPECT_EQ(one["model"], "gpt");
}

TEST(UsageCsv, HasALineOfTitlesAndOneARow) {
  EXPECT_EQ(usage_csv({By::day, By::key}, {row({"2026-11-24", "openai/A"})}),
            "start,endpoint,key,calls,succeeded,rate_limited,refused,failed,hung_up,input_tokens,"
            "cached_input_tokens,cache_write_tokens,cache_write_1h_tokens,audio_input_tokens,"
            "output_tokens,reasoning_tokens,audio_output_tokens,cost_usd,estimated\r\n"
            "2026-11-24T00:00:00Z,openai,A,3,2,1,0,0,0,1000,400,0,0,0,10,0,0,0.005000,1\r\n");
}

TEST(UsageCsv, HasItsTitlesWithoutAnyRow) {
  EXPECT_THAT(usage_csv({By::hour, By::client}, {}), StartsWith("start,client,calls,"));
}

TEST(UsageCsv, QuotesWhatNeedsIt) {
  EXPECT_THAT(usage_csv({By::model}, {row({"a,\"b\""})}), HasSubstr("\r\n\"a,\"\"b\"\"\",3,2,"));
}

TEST(UsageCsv, GivesASpreadsheetNoFormula) {
  EXPECT_THAT(usage_csv({By::model}, {row({"=HYPERLINK(1)"})}),
              HasSubstr("\r\n\"'=HYPERLINK(1)\",3,"));
}

}  // namespace
}  // namespace keypool::admin
