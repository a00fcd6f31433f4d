// Who may call a running gateway, and how that changes while it runs.
#include "cli/callers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/client.h"
#include "state/client_store.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using cli::Callers;
using nlohmann::json;
using state::Client;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Client client(std::string name, std::string_view token) {
  return {.name = std::move(name), .token_hash = state::hash_of_token(token)};
}

class CallersOfAGateway : public testing::Test {
 protected:
  [[nodiscard]] bool may_call(std::string_view token) {
    return callers_.in_force().now()->find(token) != nullptr;
  }

  TemporaryFolder folder_;
  state::Store store_{{.folder = folder_.path(), .use = state::StoreOptions::Use::gateway}};
  state::Store command_{{.folder = folder_.path()}};  // another process's
  std::vector<std::string> warnings_;
  Callers callers_{store_, [this](std::string_view text) { warnings_.emplace_back(text); }};
};

TEST_F(CallersOfAGateway, AreTheConfigurationsAndTheStates) {
  ASSERT_TRUE(add_client(store_, client("ci", "a")));
  ASSERT_TRUE(callers_.configure({client("web", "b")}));
  EXPECT_TRUE(may_call("a"));
  EXPECT_TRUE(may_call("b"));
  EXPECT_FALSE(may_call("c"));
}

TEST_F(CallersOfAGateway, AreTheConfigurationsWhereTwoHaveOneName) {
  ASSERT_TRUE(add_client(store_, client("ci", "a")));
  ASSERT_TRUE(callers_.configure({client("ci", "b")}));
  EXPECT_FALSE(may_call("a"));
  EXPECT_TRUE(may_call("b"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("keypool token revoke ci")));
}

TEST_F(CallersOfAGateway, ChangeWithTheState) {
  ASSERT_TRUE(callers_.configure({}));
  EXPECT_FALSE(callers_.in_force().asked_for());

  ASSERT_EQ(add_client(command_, client("ci", "a")), true);
  callers_.look_again();
  EXPECT_TRUE(callers_.in_force().asked_for());
  EXPECT_TRUE(may_call("a"));

  ASSERT_EQ(revoke_client(command_, "ci"), true);
  callers_.look_again();
  EXPECT_FALSE(may_call("a"));
  EXPECT_TRUE(callers_.in_force().asked_for());
}

TEST_F(CallersOfAGateway, AreLeftAsTheyAreByOtherChanges) {
  ASSERT_TRUE(callers_.configure({client("web", "b")}));
  const auto version = callers_.in_force().version();
  callers_.look_again();
  ASSERT_EQ(remove_client(command_, "nobody"), false);
  callers_.look_again();
  EXPECT_EQ(callers_.in_force().version(), version);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(CallersOfAGateway, KeepWhatTheyHaveSpentWhenTheirTokenIsReplaced) {
  auto poor = client("ci", "a");
  poor.tokens_per_day = 5;
  ASSERT_EQ(add_client(command_, poor), true);
  ASSERT_TRUE(callers_.configure({}));
  callers_.in_force().now()->named("ci")->charge(5, 0, system_clock().wall());

  ASSERT_EQ(revoke_client(command_, "ci"), true);
  callers_.look_again();
  poor.token_hash = state::hash_of_token("b");
  ASSERT_EQ(add_client(command_, poor), true);
  callers_.look_again();

  EXPECT_TRUE(callers_.in_force().now()->find("b")->admit({}, system_clock().wall()));
}

constexpr const char* kKeyless = R"(
endpoints:
  - { name: local, base_url: "http://127.0.0.1:1", dialect: openai, keys: none, attempts: 1 }
limits: { grace_time: 1s }
)";

int status(std::uint16_t port, const std::string& token) {
  const auto answer = http::fetch({.port = port,
                                   .target = "/local/v1/models",
                                   .headers = {{"authorization", "Bearer " + token}}});
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? answer->status : 0;
}

/// Asks until the answer is `wanted`; half a minute at most.
bool becomes(std::uint16_t port, const std::string& token, int wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < end) {
    if (status(port, token) == wanted) return true;
  }
  return false;
}

TEST(TokenOfARunningGateway, WorksSoonAndNoLongerThanItMay) {
  Keypool keypool;
  const TemporaryFolder state;
  const std::string folder = state.path();
  auto gateway =
      keypool.serve({"--config", keypool.file("keypool.yaml", kKeyless), "--state", folder});
  const auto port = static_cast<std::uint16_t>(
      std::stoi(gateway.wait_for("calls  http://127\\.0\\.0\\.1:(\\d+)")));
  ASSERT_EQ(status(port, "any"), 502);  // nobody listens upstream: the call was let through

  auto create = keypool.start({"token", "create", "ci", "--state", folder});
  ASSERT_EQ(create.wait(), 0) << create.err();
  const auto token = create.out().substr(0, create.out().size() - 1);
  EXPECT_TRUE(becomes(port, "any", 401));
  EXPECT_EQ(status(port, token), 502);

  auto revoke = keypool.start({"token", "revoke", "ci", "--state", folder});
  ASSERT_EQ(revoke.wait(), 0);
  EXPECT_TRUE(becomes(port, token, 401));
}

TEST(OpenListener, IsRefusedWithoutCredentials) {
  const std::string hash = state::hash_of_token("abc");
  const struct {
    const char* name;
    std::vector<std::string> options;
    const char* more;
    const char* said;
  } rows[] = {
      {"calls", {"--listen", "0.0.0.0:0"}, "", "keypool token create NAME"},
      {"the admin API", {"--admin-listen", "0.0.0.0:0"}, "", "keypool token hash --new"},
      {"the admin API, with clients", {"--admin-listen", "[::]:0"}, "clients", "admin.token_hash"},
  };
  for (const auto& row : rows) {
    Keypool keypool;
    std::string text = kKeyless;
    if (*row.more != 0) text += "clients: [{ name: ci, token_hash: \"" + hash + "\" }]\n";
    std::vector<std::string> arguments{"serve", "--config", keypool.file("keypool.yaml", text)};
    arguments.insert(arguments.end(), row.options.begin(), row.options.end());
    auto run = keypool.start(arguments);
    EXPECT_EQ(run.wait(), 2) << row.name;
    EXPECT_THAT(run.err(), HasSubstr(row.said)) << row.name;
  }
}

TEST(OpenListener, IsServedWithCredentials) {
  Keypool keypool;
  const std::string hash = state::hash_of_token("abc");
  const auto file =
      keypool.file("keypool.yaml", std::string(kKeyless) +
                                       "listen: 0.0.0.0:0\n"
                                       "admin: { listen: \"0.0.0.0:0\", token_hash: \"" +
                                       hash + "\" }\n" + "clients: [{ name: ci, token_hash: \"" +
                                       hash + "\" }]\n");
  auto gateway = keypool.start({"serve", "--config", file});
  const auto port =
      static_cast<std::uint16_t>(std::stoi(gateway.wait_for("calls  http://0\\.0\\.0\\.0:(\\d+)")));
  const auto admin = gateway.wait_for("admin  http://0\\.0\\.0\\.0:(\\d+)");
  EXPECT_EQ(status(port, "wrong"), 401);
  EXPECT_EQ(status(port, "abc"), 502);

  const std::string url = "http://127.0.0.1:" + admin;
  auto without = keypool.start({"status", "--admin", url});
  EXPECT_EQ(without.wait(), 1);
  EXPECT_THAT(without.err(), HasSubstr("KEYPOOL_ADMIN_TOKEN"));
  keypool.with("KEYPOOL_ADMIN_TOKEN", "wrong");
  auto wrong = keypool.start({"status", "--admin", url});
  EXPECT_EQ(wrong.wait(), 1);
  EXPECT_THAT(wrong.err(), HasSubstr("does not take the token"));
  keypool.with("KEYPOOL_ADMIN_TOKEN", "abc");
  auto right = keypool.start({"status", "--admin", url, "--json"});
  EXPECT_EQ(right.wait(), 0) << right.err();
}

}  // namespace
}  // namespace keypool::test
