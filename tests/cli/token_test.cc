#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/client_store.h"
#include "state/clients.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr const char* kHash =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // of abc

class Token : public testing::Test {
 protected:
  Program token(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "token");
    arguments.insert(arguments.end(), {"--state", folder_.path() / "state"});
    return keypool_.start(std::move(arguments));
  }

  void configure(const std::string& clients) {
    keypool_.with("KEYPOOL_CONFIG", keypool_.file("keypool.yaml", R"(
endpoints:
  - { name: openai, base_url: "http://127.0.0.1:1", dialect: openai, keys: [OPENAI_API_KEY] }
)" + clients));
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
  EXPECT_THAT(run.err(), HasSubstr("refuses calls without a token"));
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
  auto run =
      token({"create", "ci", "--endpoints", "openai,local*", "--models", "gpt-*", "--rpm", "600",
             "--budget-usd-per-day", "20", "--budget-usd-per-month", "99.5",
             "--budget-tokens-per-day", "5000", "--budget-tokens-per-month", "100000", "--json"});
  ASSERT_EQ(run.wait(), 0) << run.err();
  const auto client = clients().at(0);
  EXPECT_EQ(client.endpoints, (std::vector<std::string>{"openai", "local*"}));
  EXPECT_EQ(client.models, (std::vector<std::string>{"gpt-*"}));
  EXPECT_EQ(client.rpm, 600u);
  EXPECT_EQ(client.micro_usd_per_day, 20'000'000u);
  EXPECT_EQ(client.micro_usd_per_month, 99'500'000u);
  EXPECT_EQ(client.tokens_per_day, 5000u);
  EXPECT_EQ(client.tokens_per_month, 100'000u);
  const auto told = json::parse(run.out());
  EXPECT_EQ(told["budget_usd_per_month"], 99.5);
  EXPECT_EQ(told["budget_tokens_per_day"], 5000);
  EXPECT_EQ(state::hash_of_token(told["token"].get<std::string>()), client.token_hash);
}

TEST_F(Token, IsOneForEachClient) {
  ASSERT_EQ(token({"create", "ci"}).wait(), 0);
  auto again = token({"create", "ci"});
  EXPECT_EQ(again.wait(), 1);
  EXPECT_THAT(again.err(), HasSubstr("keypool token revoke ci"));
}

TEST_F(Token, IsNotMadeForAClientOfTheConfiguration) {
  configure(std::string("clients: [{ name: ci, token_hash: \"") + kHash + "\" }]\n");
  auto run = token({"create", "ci"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("a client of the configuration"));
  auto revoking = token({"revoke", "ci"});
  EXPECT_EQ(revoking.wait(), 1);
  EXPECT_THAT(revoking.err(), HasSubstr("take it out of"));
}

TEST_F(Token, IsNotMadeForAnEndpointThatIsNone) {
  configure("");
  auto run = token({"create", "ci", "--endpoints", "opena"});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.err(), HasSubstr("did you mean `openai`?"));
  EXPECT_TRUE(clients().empty());
}

TEST_F(Token, ListShowsWhoMayDoWhat) {
  configure(std::string("clients: [{ name: web, token_hash: \"") + kHash + "\", rpm: 5 }]\n");
  ASSERT_EQ(token({"create", "ci", "--rpm", "60"}).wait(), 0);
  auto run = token({"list"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), ContainsRegex("web +in the configuration +all +all +5 calls a minute"));
  EXPECT_THAT(run.out(), ContainsRegex("ci +valid +all +all +60 calls a minute"));
  auto in_json = token({"list", "--json"});
  EXPECT_EQ(in_json.wait(), 0);
  const auto all = json::parse(in_json.out())["clients"];
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["name"], "ci");
  EXPECT_EQ(all[1]["rpm"], 60);
  EXPECT_FALSE(all[1].contains("token_hash"));
}

TEST_F(Token, WorksNoMoreOnceRevokedAndStaysOnTheList) {
  auto made = token({"create", "ci"});
  ASSERT_EQ(made.wait(), 0);
  auto run = token({"revoke", "ci"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("The gateway stays closed"));
  ASSERT_EQ(clients().size(), 1u);
  EXPECT_TRUE(clients()[0].revoked());
  auto list = token({"list"});
  EXPECT_EQ(list.wait(), 0);
  EXPECT_THAT(list.out(), ContainsRegex("ci +revoked"));
  auto again = token({"revoke", "ci"});
  EXPECT_EQ(again.wait(), 1);
  EXPECT_THAT(again.err(), HasSubstr("there is no token for ci"));
}

TEST_F(Token, IsForgottenOnlyWhenThatIsSaid) {
  ASSERT_EQ(token({"create", "ci"}).wait(), 0);
  EXPECT_EQ(token({"revoke", "ci", "--forget"}).wait(), 0);
  EXPECT_TRUE(clients().empty());
}

TEST_F(Token, CannotBeKeptWhereNoStateIs) {
  auto run = keypool_.start({"token", "create", "ci", "--state", ":memory:"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("keypool token hash --new"));
}

TEST_F(Token, NamesThatCannotBeShownAreWrong) {
  for (const char* name : {"a\nb", "", "<b>", "two words"}) {
    EXPECT_EQ(token({"create", name}).wait(), 2) << name;
  }
}

TEST_F(Token, IsHashedForAConfigurationFile) {
  Program hashed({"sh", "-c", std::string("printf abc | ") + KEYPOOL_BINARY + " token hash"},
                 keypool_.environment());
  EXPECT_EQ(hashed.wait(), 0) << hashed.err();
  EXPECT_EQ(hashed.out(), std::string("token_hash: ") + kHash + "\n");

  auto fresh = keypool_.start({"token", "hash", "--new", "--json"});
  EXPECT_EQ(fresh.wait(), 0);
  const auto both = json::parse(fresh.out());
  EXPECT_EQ(state::hash_of_token(both["token"].get<std::string>()), both["token_hash"]);
}

}  // namespace
}  // namespace keypool::test
