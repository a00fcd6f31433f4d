#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/clients.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Token : public testing::Test {
 protected:
  Program token(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "token");
    arguments.insert(arguments.end(), {"--state", folder_.path() / "state"});
    return keypool_.start(std::move(arguments));
  }

  std::vector<state::Client> clients() {
    state::Store store({.folder = folder_.path() / "state"});
    return state::load_clients(store).value();
  }

  Keypool keypool_;
  TemporaryFolder folder_;
};

TEST_F(Token, IsPrintedAloneAndOnce) {
  auto run = token({"create", "ci"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), MatchesRegex("kp_[A-Za-z0-9_-]{43}\n"));
  EXPECT_THAT(run.err(), HasSubstr("shown this once"));
  const auto value = run.out().substr(0, run.out().size() - 1);
  EXPECT_EQ(state::Clients(clients()).find(value)->client().name, "ci");
}

TEST_F(Token, IsNowhereInTheState) {
  auto run = token({"create", "ci"});
  ASSERT_EQ(run.wait(), 0);
  const auto value = run.out().substr(0, run.out().size() - 1);
  Program grep({"grep", "-rqF", value, folder_.path()}, keypool_.environment());
  EXPECT_EQ(grep.wait(), 1);
}

TEST_F(Token, HasTheBoundsItWasGiven) {
  auto run = token({"create", "ci", "--endpoint", "openai", "--endpoint", "local*", "--model",
                    "gpt-*", "--rpm", "600", "--usd-per-day", "20", "--usd-per-month", "99.5",
                    "--tokens-per-day", "5000", "--tokens-per-month", "100000"});
  ASSERT_EQ(run.wait(), 0) << run.err();
  const auto client = clients().at(0);
  EXPECT_EQ(client.endpoints, (std::vector<std::string>{"openai", "local*"}));
  EXPECT_EQ(client.models, (std::vector<std::string>{"gpt-*"}));
  EXPECT_EQ(client.rpm, 600u);
  EXPECT_EQ(client.micro_usd_per_day, 20'000'000u);
  EXPECT_EQ(client.micro_usd_per_month, 99'500'000u);
  EXPECT_EQ(client.tokens_per_day, 5000u);
  EXPECT_EQ(client.tokens_per_month, 100'000u);
}

TEST_F(Token, IsOneForEachClient) {
  ASSERT_EQ(token({"create", "ci"}).wait(), 0);
  auto again = token({"create", "ci"});
  EXPECT_EQ(again.wait(), 1);
  EXPECT_THAT(again.err(), HasSubstr("keypool token revoke ci"));
}

TEST_F(Token, ListShowsWhoMayDoWhat) {
  ASSERT_EQ(token({"create", "ci", "--rpm", "60"}).wait(), 0);
  auto run = token({"list"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), testing::ContainsRegex("ci +all +all +60 calls a minute"));
  auto in_json = token({"list", "--json"});
  EXPECT_EQ(in_json.wait(), 0);
  const auto client = json::parse(in_json.out())["clients"][0];
  EXPECT_EQ(client["name"], "ci");
  EXPECT_EQ(client["rpm"], 60);
  EXPECT_FALSE(client.contains("token_hash"));
}

TEST_F(Token, WorksNoMoreOnceRevoked) {
  ASSERT_EQ(token({"create", "ci"}).wait(), 0);
  EXPECT_EQ(token({"revoke", "ci"}).wait(), 0);
  EXPECT_TRUE(clients().empty());
  auto again = token({"revoke", "ci"});
  EXPECT_EQ(again.wait(), 1);
  EXPECT_THAT(again.err(), HasSubstr("there is no token for ci"));
}

TEST_F(Token, NamesThatCannotBeShownAreWrong) {
  EXPECT_EQ(token({"create", "a\nb"}).wait(), 2);
  EXPECT_EQ(token({"create", ""}).wait(), 2);
}

}  // namespace
}  // namespace keypool::test
