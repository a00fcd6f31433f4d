#include "state/clients.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/ledger.h"
#include "tests/state/test_store.h"

namespace keypool::test {
namespace {

using namespace std::chrono_literals;
using state::Client;
using state::ClientAccount;
using state::ClientRefusal;
using state::Clients;
using state::Store;
using testing::ElementsAre;
using testing::StartsWith;

constexpr WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24)) + 18h;
constexpr MonotonicTime kStart{};

Secret token(unsigned char seed) {
  std::array<unsigned char, state::kTokenBytes> random{};
  for (std::size_t at = 0; at < random.size(); ++at) {
    random[at] = static_cast<unsigned char>(seed * 31 + at * 7);
  }
  return state::token_of(random);
}

Client client(std::string name, const Secret& secret) {
  return {.name = std::move(name), .token_hash = state::hash_of_token(secret.reveal())};
}

TEST(Token, ReadsAsOneWordOfFullStrength) {
  const auto made = token(1);
  EXPECT_THAT(std::string(made.reveal()), testing::MatchesRegex("kp_[A-Za-z0-9_-]{43}"));
  EXPECT_NE(made.reveal(), token(2).reveal());
}

TEST(Token, IsHashedAsEveryOtherToolWould) {
  // printf abc | sha256sum
  EXPECT_EQ(state::hash_of_token("abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Clients, AreFoundByTheirTokenAlone) {
  const auto ci = token(1);
  const auto web = token(2);
  const Clients clients({client("ci", ci), client("web", web)});
  EXPECT_EQ(clients.find(ci.reveal())->client().name, "ci");
  EXPECT_EQ(clients.find(web.reveal())->client().name, "web");
  EXPECT_EQ(clients.find(token(3).reveal()), nullptr);
  EXPECT_EQ(clients.find(""), nullptr);
  EXPECT_EQ(clients.find(ci.reveal().substr(1)), nullptr);
}

TEST(Clients, OutlastARestartWithoutTheirTokens) {
  StateFolder folder;
  const auto secret = token(1);
  Client ci = client("ci", secret);
  ci.endpoints = {"openai", "local*"};
  ci.models = {"gpt-*"};
  ci.rpm = 600;
  ci.micro_usd_per_day = 20'000'000;
  ci.tokens_per_month = 5;
  ci.created = kNow;
  {
    Store store(folder.options());
    EXPECT_EQ(add_client(store, ci), true);
    EXPECT_EQ(add_client(store, ci), false);
  }
  Store store(folder.options());
  EXPECT_THAT(state::load_clients(store).value(), ElementsAre(ci));
  EXPECT_EQ(remove_client(store, "ci"), true);
  EXPECT_EQ(remove_client(store, "ci"), false);
  EXPECT_THAT(state::load_clients(store).value(), ElementsAre());
}

TEST(ClientScope, IsARowOfEndpointsAndModels) {
  struct Row {
    const char* name;
    std::vector<std::string> endpoints;
    std::vector<std::string> models;
    std::optional<ClientRefusal::Kind> refused;
  };
  const std::array rows{
      Row{"nothing named is everything", {}, {}, std::nullopt},
      Row{"the endpoint", {"openai"}, {}, std::nullopt},
      Row{"another endpoint", {"anthropic"}, {}, ClientRefusal::Kind::endpoint},
      Row{"a prefix", {"open*"}, {"gpt-*"}, std::nullopt},
      Row{"another prefix", {"open*"}, {"claude-*"}, ClientRefusal::Kind::model},
      Row{"a name is no prefix", {"openai"}, {"gpt-4"}, ClientRefusal::Kind::model},
      Row{"one of several", {"x", "openai"}, {"y", "*"}, std::nullopt},
  };
  for (const Row& row : rows) {
    ClientAccount account(Client{.name = "ci", .endpoints = row.endpoints, .models = row.models});
    const auto refusal = account.admit("openai", "gpt-4.1", kStart, kNow);
    EXPECT_EQ(refusal ? std::optional(refusal->kind) : std::nullopt, row.refused) << row.name;
  }
}

TEST(ClientRate, ComesBackAtASteadyPace) {
  ClientAccount account(Client{.name = "ci", .rpm = 60});
  auto now = kStart + 1h;
  for (int i = 0; i < 60; ++i) ASSERT_FALSE(account.admit("e", "m", now, kNow)) << i;

  const auto refusal = account.admit("e", "m", now, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, ClientRefusal::Kind::rate);
  ASSERT_TRUE(refusal->retry_after);
  EXPECT_LE(*refusal->retry_after, 1001ms);

  now += *refusal->retry_after;
  EXPECT_FALSE(account.admit("e", "m", now, kNow));
  EXPECT_TRUE(account.admit("e", "m", now, kNow));
}

TEST(ClientBudget, OfADayRestsUntilMidnight) {
  ClientAccount account(Client{.name = "ci", .micro_usd_per_day = 1000});
  account.charge(5, 999, kNow);
  EXPECT_FALSE(account.admit("e", "m", kStart, kNow));
  account.charge(5, 1, kNow);

  const auto refusal = account.admit("e", "m", kStart, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, ClientRefusal::Kind::budget);
  EXPECT_EQ(refusal->retry_after, 6h);
  EXPECT_FALSE(account.admit("e", "m", kStart, kNow + 6h));
}

TEST(ClientBudget, OfAMonthRestsUntilTheNext) {
  ClientAccount account(Client{.name = "ci", .tokens_per_month = 100});
  account.charge(60, 0, kNow - 24h);
  account.charge(60, 0, kNow);
  const auto refusal = account.admit("e", "m", kStart, kNow + 24h);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->retry_after, 5 * 24h + 6h);
  EXPECT_FALSE(account.admit("e", "m", kStart, kNow + 7 * 24h));
}

TEST(ClientBudget, GoesOnAfterARestartWhereTheLedgerStands) {
  StateFolder folder;
  Store store(folder.options());
  folder.clock.set(kNow - 48h);
  {
    state::Ledger ledger(store, {.clock = &folder.clock, .every = 0ms});
    state::Figures figures;
    figures[state::Figure::succeeded] = 1;
    figures[state::Figure::input_tokens] = 70;
    auto& tally = ledger.new_tally();
    tally.add({.endpoint = "e", .key = "k", .model = "m", .client = "ci", .figures = figures});
    ASSERT_TRUE(ledger.flush());
    folder.clock.set(kNow);
    tally.add({.endpoint = "e", .key = "k", .model = "m", .client = "ci", .figures = figures});
  }
  Client by_day = client("ci", token(1));
  by_day.tokens_per_day = 71;
  Client by_month = by_day;
  by_month.tokens_per_day = 0;
  by_month.tokens_per_month = 140;

  Clients of_day({by_day});
  ASSERT_TRUE(of_day.charge_from(store, kNow));
  EXPECT_FALSE(of_day.named("ci")->admit("e", "m", kStart, kNow));
  Clients of_month({by_month});
  ASSERT_TRUE(of_month.charge_from(store, kNow));
  EXPECT_TRUE(of_month.named("ci")->admit("e", "m", kStart, kNow));
}

TEST(ClientBudget, OutlastsAReload) {
  Client ci = client("ci", token(1));
  ci.tokens_per_day = 10;
  const Clients before({ci});
  before.named("ci")->charge(10, 0, kNow);
  Clients after({ci});
  after.continue_from(before);
  EXPECT_TRUE(after.named("ci")->admit("e", "m", kStart, kNow));
}

}  // namespace
}  // namespace keypool::test
