// A running gateway reads its configuration and its keys anew.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/service/calls.h"
#include "tests/service/service.h"

namespace keypool::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// A gateway whose keys stand in a file of secrets.
class Reload : public testing::Test {
 protected:
  Reload() {
    service_.keypool().with("LAB_KEY_FILE", service_.home_file("keys"));
    keys({0});
    service_.configure("      - LAB_KEY");
  }

  /// What the file holds from now on.
  void keys(const std::vector<int>& numbers) {
    std::string text;
    for (const int number : numbers) text += secret_of(number) + "\n";
    service_.keypool().file("keys", text);
  }

  [[nodiscard]] std::vector<std::string> names() const {
    const auto answer = service_.admin("/api/v1/keys");
    std::vector<std::string> names;
    for (const auto& key : answer["keys"]) names.push_back(key["name"]);
    return names;
  }

  Service service_{{.keys = lab_keys(20)}};
};

TEST_F(Reload, ReplacesKeysTenTimesUnderAThousandCallsAndLosesNone) {
  constexpr std::size_t kCalls = 1000;
  keys({0, 1});
  service_.start();
  Calls calls(kCalls, service_.chat({{"x-lab-first-token", "6s"}}));
  ASSERT_TRUE(eventually([&] { return service_.provider().observed().in_flight == kCalls; }));

  for (int round = 1; round < 10; ++round) {
    keys({2 * round, 2 * round + 1});
    const auto reloaded = service_.reload();
    ASSERT_EQ(reloaded.code, 0) << reloaded.err;
    ASSERT_EQ(service_.call(service_.chat()).status, 200);
  }
  // Other names, so that the old ones leave with calls in flight.
  service_.configure(
      fmt::format("      - {{ name: OTHER, command: [cat, {}] }}", service_.home_file("keys")));
  const auto renamed = service_.reload();
  ASSERT_EQ(renamed.code, 0) << renamed.err;
  EXPECT_THAT(renamed.out, HasSubstr("2 keys added, 2 keys removed"));
  ASSERT_EQ(service_.call(service_.chat()).status, 200);

  EXPECT_THAT(calls.ended(), ElementsAre(Pair(200, kCalls)));
  EXPECT_THAT(names(), ElementsAre("OTHER[0]", "OTHER[1]"));
  ASSERT_EQ(service_.stop(), 0);
  EXPECT_EQ(served_by(service_.provider()), kCalls + 10);
  EXPECT_EQ(service_.ledger()[state::Figure::succeeded], kCalls + 10);
}

TEST_F(Reload, TellsWhatChanged) {
  service_.start();
  keys({0, 1});
  service_.configure("      - LAB_KEY\n    policy: round_robin",
                     "routes: [{ model: \"*\", endpoint: lab }]");

  const auto reloaded = service_.reload();

  EXPECT_EQ(reloaded.code, 0) << reloaded.err;
  EXPECT_THAT(reloaded.out,
              AllOf(HasSubstr("Reloaded: 1 endpoint changed, 2 keys added, 1 key removed"),
                    HasSubstr("routes changed"), HasSubstr("endpoint lab: policy changed"),
                    HasSubstr("key lab/LAB_KEY[0] added"),
                    HasSubstr("key lab/LAB_KEY removed; its last calls may end")));
  EXPECT_EQ(service_.admin("/api/v1/config")["endpoints"][0]["policy"], "round_robin");
}

TEST_F(Reload, SaysSoWhenNothingChanged) {
  service_.start();
  EXPECT_EQ(service_.reload().out, "Reloaded: nothing changed.\n");
}

TEST_F(Reload, AFileWithMistakesChangesNothingAndTheyAreTold) {
  service_.start();
  service_.write_configuration("endpoints: []\nlisen: 1\n");

  const auto reloaded = service_.reload();

  EXPECT_EQ(reloaded.code, 1);
  EXPECT_EQ(reloaded.out, "");
  EXPECT_THAT(reloaded.err,
              AllOf(HasSubstr("keypool.yaml:2:1: lisen: unknown field"),
                    HasSubstr("2 problems; the configuration before stays in force")));
  EXPECT_EQ(service_.call(service_.chat()).status, 200);
  service_.stop();
  EXPECT_THAT(service_.run().err(), HasSubstr("keypool.yaml:2:1: lisen: unknown field"));
}

TEST_F(Reload, AFileThatIsGoneChangesNothing) {
  service_.start();
  std::filesystem::remove(service_.configuration_path());

  const auto reloaded = service_.reload();

  EXPECT_EQ(reloaded.code, 1);
  EXPECT_THAT(reloaded.err, HasSubstr("cannot be read: No such file or directory"));
  EXPECT_EQ(service_.call(service_.chat()).status, 200);
}

TEST_F(Reload, WhatNeedsARestartIsTold) {
  service_.start();
  service_.configure("      - LAB_KEY", "threads: 7\n");

  const auto reloaded = service_.reload();

  EXPECT_EQ(reloaded.code, 0);
  EXPECT_THAT(reloaded.out,
              HasSubstr("threads cannot change while keypool runs: it will at the next start"));
}

TEST_F(Reload, AnotherSecretUnderTheSameNameKeepsTheCounts) {
  service_.start();
  ASSERT_EQ(service_.call(service_.chat()).status, 200);
  keys({5});

  EXPECT_THAT(service_.reload().out, HasSubstr("key lab/LAB_KEY has another secret"));

  ASSERT_EQ(service_.call(service_.chat()).status, 200);
  EXPECT_EQ(service_.provider().observed().keys[5].served, 1u);
  EXPECT_EQ(service_.admin("/api/v1/keys")["keys"][0]["successes"], 2);
}

TEST_F(Reload, IsWhatSighupDoes) {
  service_.start();
  keys({0, 1});
  service_.run().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return names().size() == 2; }));
  EXPECT_EQ(service_.stop(), 0);
  EXPECT_THAT(service_.run().err(), ContainsRegex("Reloaded: 2 keys added, 1 key removed"));
}

TEST_F(Reload, HappensByItselfWhenAnEditorPutsAnotherFileInPlace) {
  service_.start({"--watch-config"});
  service_.keypool().file("keypool.yaml.new", "");
  service_.configure("      - LAB_KEY\n      - { name: MORE, command: [echo, sk-lab-1] }");
  const auto path = service_.configuration_path();
  std::filesystem::rename(path, path + ".new");
  std::filesystem::rename(path + ".new", path);
  EXPECT_TRUE(eventually([&] { return names().size() == 2; }));
}

TEST_F(Reload, HappensByItselfWhenALinkIsLedElsewhere) {
  const auto path = service_.configuration_path();
  const auto first = service_.home_file("first.yaml");
  const auto second = service_.home_file("second.yaml");
  std::filesystem::rename(path, first);
  std::filesystem::create_symlink(first, path);
  service_.start({"--watch-config"});

  std::filesystem::remove(path);
  service_.configure("      - LAB_KEY\n      - { name: MORE, command: [echo, sk-lab-1] }");
  std::filesystem::rename(path, second);
  std::filesystem::create_symlink(second, path);

  EXPECT_TRUE(eventually([&] { return names().size() == 2; }));
}

TEST_F(Reload, WatchingNeedsAFile) {
  const auto run = service_.command({"serve", "--watch-config", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, HasSubstr("there is no configuration file to watch"));
}

TEST_F(Reload, ACommandIsRunAnewAndItsFailureTakesNoKeyAway) {
  const auto file = service_.home_file("value");
  service_.keypool().file("value", secret_of(3));
  service_.configure("      - { name: VAULT_KEY, command: [cat, " + file + "] }");
  service_.start();
  ASSERT_EQ(service_.call(service_.chat()).header("x-keypool-key"), "VAULT_KEY");

  service_.keypool().file("value", secret_of(4));
  EXPECT_THAT(service_.reload().out, HasSubstr("key lab/VAULT_KEY has another secret"));

  std::filesystem::remove(file);
  const auto failed = service_.reload();
  EXPECT_EQ(failed.code, 0);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("key lab/VAULT_KEY keeps its secret"),
                                HasSubstr("command cat: exit code 1"), Not(HasSubstr(file))));
  EXPECT_EQ(service_.call(service_.chat()).status, 200);
  EXPECT_EQ(service_.provider().observed().keys[4].served, 1u);
}

TEST_F(Reload, ACommandThatFailsAtTheStartLeavesTheOtherKeysToServe) {
  service_.configure(
      "      - { name: VAULT_KEY, command: [false, --token, marker] }\n      - LAB_KEY");
  service_.start();
  EXPECT_EQ(service_.call(service_.chat()).status, 200);
  EXPECT_THAT(service_.run().out(), HasSubstr("no value for VAULT_KEY"));

  const auto check = service_.command({"check", "--config", service_.configuration_path()});

  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.out, AllOf(HasSubstr("command false: exit code 1"), Not(HasSubstr("marker"))));
}

TEST_F(Reload, SeesWhatHasBeenAddedToTheUsersFileOfKeys) {
  std::filesystem::create_directories(service_.home_file(".car"));
  service_.keypool().file(".car/env", "CAR_KEY=" + secret_of(6) + "\n");
  service_.configure("      - CAR_KEY");
  service_.start();
  ASSERT_EQ(service_.call(service_.chat()).status, 200);

  service_.keypool().file(".car/env", "CAR_KEY=" + secret_of(7) + "\n");
  EXPECT_THAT(service_.reload().out, HasSubstr("key lab/CAR_KEY has another secret"));

  ASSERT_EQ(service_.call(service_.chat()).status, 200);
  EXPECT_EQ(service_.provider().observed().keys[7].served, 1u);
}

TEST(ReloadByASignal, IsNoneWhenTheTerminalIsClosed) {
  Keypool keypool;
  std::vector<std::string> variables;
  for (const auto& [name, value] : keypool.environment()) variables.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  int terminal = -1;
  const pid_t gateway = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(gateway, 0);
  if (gateway == 0) {
    ::execle(KEYPOOL_BINARY, KEYPOOL_BINARY, "serve", "--listen", "127.0.0.1:0", "--admin-listen",
             "127.0.0.1:0", nullptr, environment.data());
    ::_exit(127);
  }
  std::string said;
  std::array<char, 1024> piece{};
  while (said.find("Try it") == said.npos) {
    const auto size = ::read(terminal, piece.data(), piece.size());
    ASSERT_GT(size, 0) << said;
    said.append(piece.data(), static_cast<std::size_t>(size));
  }

  ::close(terminal);

  int status = 0;
  ASSERT_TRUE(eventually([&] { return ::waitpid(gateway, &status, WNOHANG) == gateway; }));
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(ReloadOfADemo, SaysToStartAgain) {
  Keypool keypool;
  auto run = keypool.serve();
  const auto admin = run.wait_for("admin  (http://127\\.0\\.0\\.1:\\d+)");
  auto reload = keypool.start({"reload", "--admin", admin});
  EXPECT_EQ(reload.wait(), 1);
  EXPECT_THAT(reload.err(), HasSubstr("restart it to look again"));
}

TEST(ReloadWithoutAGateway, SaysSo) {
  Keypool keypool;
  auto reload = keypool.start({"reload", "--admin", "http://127.0.0.1:1"});
  EXPECT_EQ(reload.wait(), 1);
  EXPECT_THAT(reload.err(), HasSubstr("no gateway answers"));
}

}  // namespace
}  // namespace keypool::test
