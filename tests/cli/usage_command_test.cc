#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <keypool/clock.h>

#include "state/ledger.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using state::Figure;
using testing::HasSubstr;

class UsageCommand : public testing::Test {
 protected:
  UsageCommand() {
    state::Store store({.folder = folder(), .use = state::StoreOptions::Use::gateway});
    state::Ledger ledger(store, {.every = std::chrono::milliseconds(0)});
    auto& tally = ledger.new_tally();
    state::Figures figures;
    figures[Figure::succeeded] = 1;
    figures[Figure::input_tokens] = 1200;
    figures[Figure::output_tokens] = 30;
    figures[Figure::cost_micro_usd] = 250'000;
    for (const auto* key : {"A", "A", "B"}) {
      tally.add(
          {.endpoint = "openai", .key = key, .model = "gpt", .client = "ci", .figures = figures});
    }
  }

  [[nodiscard]] std::filesystem::path folder() const {
    return std::filesystem::path(keypool_.environment().at("HOME")) / ".local/state/keypool";
  }

  Program usage(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "usage");
    return keypool_.start(std::move(arguments));
  }

  Keypool keypool_;
};

TEST_F(UsageCommand, ShowsTheDayTheSumAndTheTrend) {
  auto run = usage({});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), testing::ContainsRegex("DAY +REQUESTS"));
  EXPECT_THAT(run.out(), testing::ContainsRegex("total +3 +0 +0 +3\\.6k +0 +90 +\\$0\\.75"));
  EXPECT_THAT(run.out(), HasSubstr("Tokens a day, up to 3.7k: "));
}

TEST_F(UsageCommand, TellsKeysApart) {
  auto run = usage({"--by", "key,model", "--json"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  const auto rows = json::parse(run.out())["usage"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["endpoint"], "openai");
  EXPECT_EQ(rows[0]["key"], "A");
  EXPECT_EQ(rows[0]["model"], "gpt");
  EXPECT_EQ(rows[0]["calls"], 2);
  EXPECT_EQ(rows[1]["cost_usd"], 0.25);
}

TEST_F(UsageCommand, TakesOnePartOnly) {
  auto run = usage({"--by", "client", "--key", "B", "--csv"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("\r\nci,1,1,0,"));
}

TEST_F(UsageCommand, IsWrongWithAWordItDoesNotKnow) {
  EXPECT_EQ(usage({"--by", "weather"}).wait(), 2);
  EXPECT_EQ(usage({"--days", "0"}).wait(), 2);
  EXPECT_EQ(usage({"--json", "--csv"}).wait(), 2);
}

TEST_F(UsageCommand, SaysWhenNothingWasUsed) {
  auto run = usage({"--endpoint", "elsewhere"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("Nothing was used in the last 30 days"));
}

}  // namespace
}  // namespace keypool::test
