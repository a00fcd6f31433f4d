#include "lab/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Outcome outcome() {
  return {.name = "fair & <square>",
          .offered = 1'000,
          .served = 990,
          .failed = 10,
          .refused = 5,
          .wait_p50 = 20ms,
          .wait_p99 = 1'500ms,
          .wait_max = 3s,
          .keys = {{.name = "a", .served = 990, .refused = 5}},
          .slice_length = 30s,
          .slices = {{.offered = 600, .served = 600, .wait_p99 = 10ms},
                     {.offered = 400, .served = 390, .failed = 10, .refused = 5, .wait_p99 = 2s}}};
}

TEST(Report, JsonHoldsEverything) {
  const auto json = nlohmann::json::parse(to_json({outcome()}));

  const auto& one = json["outcomes"][0];
  EXPECT_EQ(one["served"], 990);
  EXPECT_EQ(one["failed_share"], 0.01);
  EXPECT_EQ(one["wait_ms"]["p99"], 1500);
  EXPECT_EQ(one["keys"][0]["name"], "a");
  EXPECT_EQ(one["slices"][1]["failed"], 10);
}

TEST(Report, JsonOfAComparisonHasARowForEachKnowledge) {
  const auto json = nlohmann::json::parse(
      to_json(Comparison{.rows = {{.name = "headers", .days = {outcome(), outcome()}}}}));

  const auto& row = json["comparison"][0];
  EXPECT_EQ(row["known"], "headers");
  ASSERT_EQ(row["days"].size(), 2u);
  EXPECT_EQ(row["days"][1]["refused_per_thousand"], 5);
  EXPECT_FALSE(row["days"][1].contains("slices"));
}

TEST(Report, JsonOfAPlanHasItsTries) {
  const auto json = nlohmann::json::parse(to_json(KeyPlan{
      .keys = 7, .outcome = outcome(), .tries = {{.keys = 6, .failed = 2, .wait_p99 = 9s}}}));

  EXPECT_EQ(json["keys"], 7);
  EXPECT_EQ(json["outcome"]["served"], 990);
  EXPECT_EQ(json["tries"][0]["wait_p99_ms"], 9'000);
}

TEST(Report, SvgShowsEachOutcomeAndEscapesNames) {
  const std::string svg = to_svg({outcome()});

  EXPECT_THAT(svg, StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr("fair &amp; &lt;square&gt;: 1.00 % failed"));
  EXPECT_THAT(svg, HasSubstr("class=\"offered\""));
  EXPECT_THAT(svg, HasSubstr("class=\"refused\""));
  EXPECT_THAT(svg, HasSubstr("class=\"failed\""));
  EXPECT_THAT(svg, HasSubstr("<polyline class=\"wait\""));
}

TEST(Report, SvgOfNothingIsEmptyButWhole) {
  EXPECT_THAT(to_svg({}), ::testing::EndsWith("</svg>\n"));
}

}  // namespace
}  // namespace keypool::lab
