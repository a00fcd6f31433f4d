#include "admin/overview.h"

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

json overview_of(WatchedPool& watched) {
  return overview(take_snapshot(watched.subject()), watched.config);
}

TEST(Overview, AddsUpWhatTheGatewayCounted) {
  WatchedPool watched;
  watched.traffic = {.endpoints = {{.answered = 5, .refused = 2, .in_flight = 3, .retries = 1},
                                   {},
                                   {.answered = 7, .hung_up = 1, .in_flight = 1}},
                     .connections = 4,
                     .astray = 9};

  const auto shown = overview_of(watched);

  EXPECT_EQ(shown["calls"],
            json({{"answered", 12}, {"refused", 2}, {"broken", 0}, {"hung_up", 1}}));
  EXPECT_EQ(shown["in_flight"], 4);
  EXPECT_EQ(shown["retries"], 1);
  EXPECT_EQ(shown["connections"], 4);
  EXPECT_EQ(shown["astray"], 9);
  EXPECT_EQ(shown["endpoints"][2]["name"], "local");
  EXPECT_EQ(shown["endpoints"][2]["calls"]["answered"], 7);
}

TEST(Overview, AddsUpTokens) {
  WatchedPool watched;
  watched.pool.report_success("openai", "OPENAI_API_KEY[0]",
                              {.input_tokens = 100, .output_tokens = 50});
  watched.pool.report_success("openai", "OPENAI_API_KEY[1]",
                              {.input_tokens = 10, .output_tokens = 5});
  EXPECT_EQ(overview_of(watched)["tokens"], json({{"input", 110}, {"output", 55}}));
}

TEST(Overview, NamesTheKeysThatRestSoonestBackFirst) {
  WatchedPool watched;
  watched.add_crowd("crowd", 9);
  for (int i = 0; i < 8; ++i) {
    watched.pool.report_rate_limit("crowd", "K" + std::to_string(i),
                                   milliseconds(90'000 - i * 1000));
  }

  const auto crowd = overview_of(watched)["endpoints"][3];

  EXPECT_EQ(crowd["states"]["cooling"], 8);
  EXPECT_EQ(crowd["states"]["ready"], 1);
  ASSERT_EQ(crowd["resting"].size(), 5);
  EXPECT_EQ(crowd["resting"][0]["name"], "K7");
  EXPECT_EQ(crowd["resting"][0]["reason"], "rate limit");
  EXPECT_GT(crowd["resting"][0]["ready_in_ms"], 60'000);
}

TEST(Overview, CountsADisabledKeyAsOutButNotAsResting) {
  WatchedPool watched;
  watched.pool.disable_key("openai", "OPENAI_API_KEY[0]");
  const auto shown = overview_of(watched);
  EXPECT_EQ(shown["states"]["disabled"], 1);
  EXPECT_TRUE(shown["endpoints"][0]["resting"].empty());
}

}  // namespace
}  // namespace keypool::admin
