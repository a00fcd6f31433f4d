#include "admin/usage_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using state::Figure;
using testing::HasSubstr;
using testing::StartsWith;

class UsageAnswer : public testing::Test {
 protected:
  UsageAnswer() {
    count("openai", "A", "gpt", "ci", 3);
    count("openai", "B", "gpt", "", 2);
    count("local", "", "llama", "ci", 1);
  }

  void count(std::string_view endpoint, std::string_view key, std::string_view model,
             std::string_view client, std::uint64_t calls) {
    state::Figures figures;
    figures[Figure::succeeded] = calls;
    figures[Figure::input_tokens] = 100 * calls;
    figures[Figure::cost_micro_usd] = 250'000 * calls;
    tally_.add(
        {.endpoint = endpoint, .key = key, .model = model, .client = client, .figures = figures});
  }

  json ask(const std::string& query) {
    const auto answer = watched_.ask("GET", "/api/v1/usage?" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }

  WatchedPool watched_;
  state::Tally& tally_ = watched_.ledger.new_tally();
};

TEST_F(UsageAnswer, TellsWhatHasJustBeenCounted) {
  const auto usage = ask("by=none");
  EXPECT_EQ(usage["rows"].size(), 1u);
  EXPECT_EQ(usage["total"]["calls"], 6);
  EXPECT_EQ(usage["total"]["tokens"]["input"], 600);
  EXPECT_EQ(usage["total"]["cost_usd"], 1.5);
}

TEST_F(UsageAnswer, TellsGroupsApart) {
  const auto usage = ask("by=none&group=key,client&endpoint=openai");
  EXPECT_EQ(usage["groups"], json::parse(R"(["key", "client"])"));
  ASSERT_EQ(usage["rows"].size(), 2u);
  EXPECT_EQ(usage["rows"][0]["key"], "A");
  EXPECT_EQ(usage["rows"][0]["client"], "ci");
  EXPECT_EQ(usage["rows"][0]["calls"], 3);
  EXPECT_EQ(usage["rows"][1]["key"], "B");
  EXPECT_EQ(usage["total"]["calls"], 5);
}

TEST_F(UsageAnswer, ComesByThePageWithTheSumOfAll) {
  const auto first = ask("by=none&group=model&limit=1");
  EXPECT_EQ(first["rows"].size(), 1u);
  EXPECT_EQ(first["rows"][0]["model"], "gpt");
  EXPECT_EQ(first["more"], true);
  EXPECT_EQ(first["total"]["calls"], 6);
  const auto second = ask("by=none&group=model&limit=1&offset=1");
  EXPECT_EQ(second["rows"][0]["model"], "llama");
  EXPECT_EQ(second["more"], false);
  EXPECT_EQ(second["total"]["calls"], 6);
}

TEST_F(UsageAnswer, IsEmptyWhereNothingWasUsed) {
  const auto usage = ask("to=2020-01-01");
  EXPECT_EQ(usage["rows"], json::array());
  EXPECT_EQ(usage["total"]["calls"], 0);
}

TEST_F(UsageAnswer, ComesAsCsv) {
  const auto answer = watched_.ask("GET", "/api/v1/usage?by=none&group=model&format=csv");
  EXPECT_EQ(answer.header("content-type"), "text/csv; charset=utf-8");
  EXPECT_THAT(answer.body, StartsWith("model,calls,"));
  EXPECT_THAT(answer.body, HasSubstr("\r\ngpt,5,5,"));
}

TEST_F(UsageAnswer, SaysWhyThereIsNone) {
  Subject subject = watched_.subject();
  subject.usage = [](const state::UsageQuestion&) -> UsageRows {
    return std::unexpected(
        state::StoreError{state::StoreError::Kind::unavailable, "the disk is gone"});
  };
  const auto answer = usage_answer(subject, "");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("the disk is gone"));
}

}  // namespace
}  // namespace keypool::admin
