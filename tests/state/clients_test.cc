#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/client_store.h"
#include "state/clients_in_force.h"
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

TEST(Token, IsReadBackFromItsHash) {
  EXPECT_EQ(state::parse_token_hash(state::hash_of_token("abc")), state::digest_of_token("abc"));
  auto upper = state::hash_of_token("abc");
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  EXPECT_TRUE(state::parse_token_hash("sha256:" + upper.substr(7)));
  for (const std::string wrong : {"", "abc", "sha256:", "sha256:12", "md5:12"}) {
    EXPECT_FALSE(state::parse_token_hash(wrong)) << wrong;
  }
  EXPECT_FALSE(state::parse_token_hash("sha256:" + std::string(64, 'g')));
  EXPECT_FALSE(state::parse_token_hash("sha256:" + std::string(65, 'a')));
}

// What the comparison costs cannot be measured reliably, but what it is made of can be seen: it
// looks at the whole of two digests of one size, and a digest tells nothing of its token.
TEST(Token, IsComparedByTheWholeOfItsDigest) {
  const auto digest = state::digest_of_token("abc");
  static_assert(std::is_same_v<decltype(digest), const std::array<unsigned char, 32>>);
  EXPECT_TRUE(state::same_digest(digest, state::digest_of_token("abc")));
  for (std::size_t at = 0; at < digest.size(); ++at) {
    auto other = digest;
    other[at] ^= 1;
    EXPECT_FALSE(state::same_digest(digest, other)) << at;
  }
}

TEST(ClientName, IsWhatCanStandInALogAPageAndAShell) {
  for (const std::string good : {"ci", "alice@example.com", "team-b_2~x+y"}) {
    EXPECT_TRUE(state::is_client_name(good)) << good;
  }
  for (const std::string bad : {"", "a b", "a\nb", "<b>", "-x", "a;b", "a\"b", "ü"}) {
    EXPECT_FALSE(state::is_client_name(bad)) << bad;
  }
  EXPECT_TRUE(state::is_client_name(std::string(100, 'a')));
  EXPECT_FALSE(state::is_client_name(std::string(101, 'a')));
}

TEST(NamePattern, MayEndInAStar) {
  for (const std::string good : {"*", "gpt-*", "gpt-4.1", "meta-llama/Llama-3:free"}) {
    EXPECT_TRUE(state::is_name_pattern(good)) << good;
  }
  for (const std::string bad : {"", "**", "*-mini", "gpt-*-mini", "a b", "a\nb"}) {
    EXPECT_FALSE(state::is_name_pattern(bad)) << bad;
  }
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
}

TEST(Clients, StayOnTheListWithoutTheirRevokedToken) {
  StateFolder folder;
  Store store(folder.options());
  const auto secret = token(1);
  ASSERT_EQ(add_client(store, client("ci", secret)), true);

  EXPECT_EQ(revoke_client(store, "ci"), true);
  EXPECT_EQ(revoke_client(store, "ci"), false);
  EXPECT_EQ(revoke_client(store, "web"), false);

  const auto all = state::load_clients(store).value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].revoked());
  EXPECT_EQ(Clients(all).find(secret.reveal()), nullptr);
  EXPECT_FALSE(Clients(all).empty());
}

TEST(Clients, MayGetAnotherTokenOnceTheirsIsRevoked) {
  StateFolder folder;
  Store store(folder.options());
  const auto second = token(2);
  ASSERT_EQ(add_client(store, client("ci", token(1))), true);
  ASSERT_EQ(revoke_client(store, "ci"), true);

  EXPECT_EQ(add_client(store, client("ci", second)), true);

  const auto all = state::load_clients(store).value();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(Clients(all).find(second.reveal())->client().name, "ci");
}

TEST(Clients, LeaveTheListWhereTheyAreForgotten) {
  StateFolder folder;
  Store store(folder.options());
  ASSERT_EQ(add_client(store, client("ci", token(1))), true);
  EXPECT_EQ(remove_client(store, "ci"), true);
  EXPECT_EQ(remove_client(store, "ci"), false);
  EXPECT_THAT(state::load_clients(store).value(), ElementsAre());
}

TEST(ClientsInForce, AskForATokenOnceSomebodyHasOne) {
  state::ClientsInForce in_force;
  EXPECT_FALSE(in_force.asked_for());
  const auto secret = token(1);
  const auto before = in_force.version();

  in_force.replace(std::make_shared<Clients>(std::vector{client("ci", secret)}));

  EXPECT_TRUE(in_force.asked_for());
  EXPECT_NE(in_force.version(), before);
  EXPECT_EQ(in_force.now()->find(secret.reveal())->client().name, "ci");
}

TEST(ClientsInForce, AreNotOpenedByTheLossOfTheirList) {
  state::ClientsInForce in_force;
  in_force.replace(std::make_shared<Clients>(std::vector{client("ci", token(1))}));
  in_force.replace(std::make_shared<Clients>(std::vector<Client>{}));
  EXPECT_TRUE(in_force.asked_for());
}

TEST(ClientScope, IsARowOfEndpointsAndModels) {
  struct Row {
    const char* name;
    std::vector<std::string> endpoints;
    std::vector<std::string> models;
    bool endpoint;
    bool model;
  };
  const std::array rows{
      Row{"nothing named is everything", {}, {}, true, true},
      Row{"the endpoint", {"openai"}, {}, true, true},
      Row{"another endpoint", {"anthropic"}, {}, false, true},
      Row{"a prefix", {"open*"}, {"gpt-*"}, true, true},
      Row{"another prefix", {"open*"}, {"claude-*"}, true, false},
      Row{"a name is no prefix", {"open"}, {"gpt-4"}, false, false},
      Row{"one of several", {"x", "openai"}, {"y", "*"}, true, true},
  };
  for (const Row& row : rows) {
    const ClientAccount account(
        Client{.name = "ci", .endpoints = row.endpoints, .models = row.models});
    EXPECT_EQ(account.may_use_endpoint("openai"), row.endpoint) << row.name;
    EXPECT_EQ(account.may_use_model("gpt-4.1"), row.model) << row.name;
  }
}

TEST(ClientRate, ComesBackAtASteadyPace) {
  ClientAccount account(Client{.name = "ci", .rpm = 60});
  auto now = kStart + 1h;
  for (int i = 0; i < 60; ++i) ASSERT_FALSE(account.admit(now, kNow)) << i;

  const auto refusal = account.admit(now, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, ClientRefusal::Kind::rate);
  EXPECT_LE(refusal->retry_after, 1001ms);

  now += refusal->retry_after;
  EXPECT_FALSE(account.admit(now, kNow));
  EXPECT_TRUE(account.admit(now, kNow));
}

TEST(ClientBudget, OfADayRestsUntilMidnight) {
  ClientAccount account(Client{.name = "ci", .micro_usd_per_day = 1000});
  account.charge(5, 999, kNow);
  EXPECT_FALSE(account.admit(kStart, kNow));
  account.charge(5, 1, kNow);

  const auto refusal = account.admit(kStart, kNow);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, ClientRefusal::Kind::budget);
  EXPECT_EQ(refusal->retry_after, 6h);
  EXPECT_FALSE(account.admit(kStart, kNow + 6h));
}

TEST(ClientBudget, OfAMonthRestsUntilTheNext) {
  ClientAccount account(Client{.name = "ci", .tokens_per_month = 100});
  account.charge(60, 0, kNow - 24h);
  account.charge(60, 0, kNow);
  const auto refusal = account.admit(kStart, kNow + 24h);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->retry_after, 5 * 24h + 6h);
  EXPECT_FALSE(account.admit(kStart, kNow + 7 * 24h));
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
  EXPECT_FALSE(of_day.named("ci")->admit(kStart, kNow));
  Clients of_month({by_month});
  ASSERT_TRUE(of_month.charge_from(store, kNow));
  EXPECT_TRUE(of_month.named("ci")->admit(kStart, kNow));
}

TEST(ClientBudget, NamesTheBoundThatIsReached) {
  const struct {
    Client client;
    const char* bound;
  } rows[] = {
      {{.name = "ci", .micro_usd_per_day = 9}, "budget_usd_per_day"},
      {{.name = "ci", .micro_usd_per_month = 9}, "budget_usd_per_month"},
      {{.name = "ci", .tokens_per_day = 9}, "budget_tokens_per_day"},
      {{.name = "ci", .tokens_per_month = 9}, "budget_tokens_per_month"},
      {{.name = "ci", .micro_usd_per_month = 9, .tokens_per_day = 9}, "budget_usd_per_month"},
  };
  for (const auto& row : rows) {
    ClientAccount account(row.client);
    account.charge(9, 9, kNow);
    const auto refusal = account.admit(kStart, kNow);
    ASSERT_TRUE(refusal) << row.bound;
    EXPECT_EQ(refusal->bound, row.bound);
  }
}

TEST(ClientBudget, OutlastsAReload) {
  Client ci = client("ci", token(1));
  ci.tokens_per_day = 10;
  const Clients before({ci});
  Clients after({ci});
  after.continue_from(before);
  // By a call that began before the reload.
  before.named("ci")->charge(10, 0, kNow);
  EXPECT_TRUE(after.named("ci")->admit(kStart, kNow));
}

TEST(ClientBudget, IsTakenFromTheLedgerOnlyByThoseWhoContinueNobody) {
  StateFolder folder;
  Store store(folder.options());
  folder.clock.set(kNow);
  {
    state::Ledger ledger(store, {.clock = &folder.clock, .every = 0ms});
    state::Figures figures;
    figures[state::Figure::input_tokens] = 60;
    auto& tally = ledger.new_tally();
    tally.add({.endpoint = "e", .key = "k", .model = "m", .client = "old", .figures = figures});
    tally.add({.endpoint = "e", .key = "k", .model = "m", .client = "new", .figures = figures});
  }
  Client old = client("old", token(1));
  Client newcomer = client("new", token(2));
  old.tokens_per_day = newcomer.tokens_per_day = 60;
  const Clients before({old});
  Clients after({old, newcomer});

  after.continue_from(before);
  ASSERT_TRUE(after.charge_from(store, kNow));

  EXPECT_FALSE(after.named("old")->admit(kStart, kNow));
  EXPECT_TRUE(after.named("new")->admit(kStart, kNow));
}

}  // namespace
}  // namespace keypool::test
