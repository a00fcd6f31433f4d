#include "cli/usage_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::cli {
namespace {

using state::By;
using state::Figure;
using state::Figures;
using state::UsageRow;
using testing::HasSubstr;
using testing::StartsWith;

UsageRow row(std::vector<std::string> labels, std::uint64_t requests, std::uint64_t micro_usd) {
  Figures figures;
  figures[Figure::succeeded] = requests;
  figures[Figure::input_tokens] = requests * 1000;
  figures[Figure::output_tokens] = requests * 10;
  figures[Figure::cost_micro_usd] = micro_usd;
  return {std::move(labels), figures};
}

TEST(UsageTable, EndsWithTheSum) {
  EXPECT_EQ(
      usage_table({By::day}, {row({"2026-11-23"}, 2, 1'500'000), row({"2026-11-24"}, 3, 6000)}, {}),
      "DAY         REQUESTS  LIMITED  FAILED  INPUT  CACHED  OUTPUT     COST\n"
      "2026-11-23         2        0       0   2.0k       0      20    $1.50\n"
      "2026-11-24         3        0       0   3.0k       0      30  $0.0060\n"
      "total              5        0       0   5.0k       0      50    $1.51\n");
}

TEST(UsageTable, NamesWhatHasNoName) {
  EXPECT_THAT(usage_table({By::client}, {row({""}, 1, 0)}, {}), HasSubstr("\n(none) "));
}

TEST(UsageTable, NeverSteersATerminal) {
  EXPECT_THAT(usage_table({By::model}, {row({"gpt\x1B[2J"}, 1, 0)}, {}), HasSubstr("gpt?[2J"));
}

TEST(UsageJson, TellsARowAsTheAdminApiDoes) {
  const auto all = nlohmann::json::parse(
      usage_json({By::day, By::key}, {row({"2026-11-24", "openai/A"}, 3, 5000)}));
  const auto& one = all.at("usage").at(0);
  EXPECT_EQ(one.at("start"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(one.at("key"), "A");
  EXPECT_EQ(one.at("calls"), 3);
  EXPECT_EQ(one.at("cost_usd"), 0.005);
}

TEST(UsageJson, TakesNamesThatAreNoUtf8) {
  EXPECT_TRUE(nlohmann::json::accept(usage_json({By::model}, {row({"\xFF"}, 1, 0)})));
}

TEST(Sparkline, ShowsEachValueAgainstTheLargest) {
  EXPECT_EQ(sparkline({0, 50, 100}), "▁▅█");
  EXPECT_EQ(sparkline({0, 0}), "▁▁");
  EXPECT_EQ(sparkline({}), "");
}

}  // namespace
}  // namespace keypool::cli
