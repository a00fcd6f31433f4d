// `keypool secrets` with a real gnome-keyring-daemon on a bus of the test's own.
#include <array>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Secrets : public testing::Test {
 protected:
  Secrets() { keypool_.with("keypool", KEYPOOL_BINARY); }

  /// Runs `script`, which finds our program in $keypool, where the login keyring is open.
  Program in_session(const std::string& script) {
    std::filesystem::create_directory(home() / "run");
    std::filesystem::permissions(home() / "run", std::filesystem::perms::owner_all);
    keypool_.with("XDG_RUNTIME_DIR", home() / "run");
    return Program({"dbus-run-session", "--", "bash", "-uo", "pipefail", "-c",
                    "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets "
                    ">/dev/null 2>&1\n" +
                        script},
                   keypool_.environment());
  }

  /// Runs it without any keychain.
  Program without_keychain(const std::string& script) {
    return Program({"bash", "-uo", "pipefail", "-c", script}, keypool_.environment());
  }

  [[nodiscard]] std::filesystem::path home() const { return keypool_.environment().at("HOME"); }

  Keypool keypool_;
};

TEST_F(Secrets, StoredFromStandardInputAreFoundByEveryCommand) {
  auto run = in_session(
      "echo sk-marker-1 | $keypool secrets put OPENAI_API_KEY\n"
      "$keypool secrets list\n"
      "$keypool secrets get OPENAI_API_KEY\n"
      "secret-tool lookup service car username OPENAI_API_KEY; echo\n"
      "$keypool secrets status\n"
      "$keypool check");
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("Stored OPENAI_API_KEY in the OS keychain.\n"
                                   "OPENAI_API_KEY\n"
                                   "sk-marker-1\n"
                                   "sk-marker-1\n"));
  EXPECT_THAT(run.out(), testing::ContainsRegex("OPENAI_API_KEY +1 +OS keychain"));
  EXPECT_THAT(run.out(), HasSubstr("found    OPENAI_API_KEY  1 key  OS keychain"));
}

TEST_F(Secrets, OfAnotherGatewayAreStoredWithItsConfiguration) {
  auto run = in_session(
      "echo 'model_list: [{model_name: m, litellm_params: {model: openai/m, "
      "api_key: sk-marker-1}}]' >$HOME/litellm.yaml\n"
      "$keypool import $HOME/litellm.yaml --store\n"
      "secret-tool lookup service car username OPENAI_API_KEY; echo\n"
      "$keypool check");
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("Stored OPENAI_API_KEY (1 key) in the OS keychain."));
  EXPECT_THAT(run.out(), HasSubstr("\nsk-marker-1\n"));
  EXPECT_THAT(run.out(), HasSubstr("found    OPENAI_API_KEY  1 key  OS keychain"));
}

TEST_F(Secrets, SpeakJson) {
  auto run = in_session(
      "echo sk-marker-1,sk-marker-2 | $keypool secrets put A --json\n"
      "$keypool secrets list --json; $keypool secrets get A --json\n"
      "$keypool secrets status A --json; $keypool secrets available --json\n"
      "$keypool secrets delete A --json");
  EXPECT_EQ(run.wait(), 0) << run.err();
  std::istringstream lines(run.out());
  std::vector<json> answers;
  for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line));
  ASSERT_EQ(answers.size(), 6u);
  EXPECT_EQ(answers[0], (json{{"name", "A"}, {"stored", true}}));
  EXPECT_EQ(answers[1], (json{{"names", {"A"}}}));
  EXPECT_EQ(answers[2],
            (json{{"name", "A"}, {"value", "sk-marker-1,sk-marker-2"}, {"origin", "OS keychain"}}));
  EXPECT_EQ(answers[3]["secrets"][0]["keys"], 2);
  EXPECT_EQ(answers[3]["secrets"][0]["origin"], "OS keychain");
  EXPECT_EQ(answers[4], (json{{"available", true}}));
  EXPECT_EQ(answers[5], (json{{"name", "A"}, {"deleted", true}}));
}

TEST_F(Secrets, PutWarnsOfAnotherProvidersKeyAndStoresItAllTheSame) {
  auto run = in_session(
      "echo sk-ant-api03-marker-aaaaaaaaaaaaaaaaaaaa | $keypool secrets put OPENAI_API_KEY\n"
      "$keypool secrets list");
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("\nOPENAI_API_KEY\n"));
  EXPECT_THAT(run.err(), HasSubstr("looks like a key of Anthropic"));
}

TEST_F(Secrets, PutSaysWhereAnotherValueIsFoundFirst) {
  keypool_.with("A", "sk-from-env");
  auto run = in_session("echo sk-1 | $keypool secrets put A");
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.err(), HasSubstr("A is found first in: environment"));
}

TEST_F(Secrets, PutRefusesWhatNoKeyIs) {
  auto run = in_session(
      "printf '' | $keypool secrets put A; printf 'sk-marker\\0x' | $keypool secrets put A\n"
      "$keypool secrets list");
  run.wait();
  EXPECT_THAT(run.err(), AllOf(HasSubstr("the value of A: empty; nothing was stored"),
                               HasSubstr("holds a NUL byte"), Not(HasSubstr("sk-marker"))));
  EXPECT_THAT(run.out(), IsEmpty());
}

TEST_F(Secrets, PutTakesNoValueOnTheCommandLine) {
  auto run = without_keychain("$keypool secrets put A sk-marker");
  EXPECT_EQ(run.wait(), 2);
}

/// A person at a terminal, who sees what a command prints and types.
class Person {
 public:
  Person(const std::vector<std::string>& command, const Program::Environment& environment) {
    id_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (id_ != 0) return;
    ::clearenv();
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;
  /// Stays until everything on the terminal has ended: a session that is cut off leaves its bus.
  ~Person() {
    while (read_some()) {
    }
    if (late_) ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    ::close(terminal_);
  }

  /// Reads until `text` has come; fails the test when it does not.
  void see(const std::string& text) {
    while (seen_.find(text) == seen_.npos && read_some()) {
    }
    EXPECT_THAT(seen_, HasSubstr(text));
  }
  void type(std::string_view keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  [[nodiscard]] const std::string& seen() const noexcept { return seen_; }

 private:
  /// False: everything on the terminal has ended, or time is up.
  bool read_some() {
    std::array<char, 1024> piece{};
    pollfd readable{terminal_, POLLIN, 0};
    const auto patience = std::chrono::milliseconds(kPatience).count();
    late_ = ::poll(&readable, 1, static_cast<int>(patience)) <= 0;
    if (late_) return false;
    const auto size = ::read(terminal_, piece.data(), piece.size());
    if (size <= 0) return false;
    seen_.append(piece.data(), static_cast<std::size_t>(size));
    return true;
  }

  bool late_ = false;
  int terminal_ = -1;
  pid_t id_ = -1;
  std::string seen_;
};

TEST_F(Secrets, TypedOnATerminalAreNotShown) {
  Person person({"bash", "-c", "$keypool secrets put A; echo end"}, keypool_.environment());
  person.see("Value of A (not shown): ");
  person.type("sk-marker\r");
  person.see("end");
  EXPECT_THAT(person.seen(), HasSubstr("no session bus"));
  EXPECT_THAT(person.seen(), Not(HasSubstr("sk-marker")));
}

TEST_F(Secrets, TypedOnATerminalCanBeCorrected) {
  keypool_.with("XDG_RUNTIME_DIR", home());
  Person person(
      {"dbus-run-session", "--", "bash", "-c",
       "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n"
       "$keypool secrets put A; $keypool secrets get A --show; echo end"},
      keypool_.environment());
  person.see("Value of A (not shown): ");
  person.type("wrong\x15sk-markerX\x7F\r");
  person.see("end");
  EXPECT_THAT(person.seen(), HasSubstr("\r\nsk-marker\r\n"));
}

TEST_F(Secrets, TypedOnATerminalCanBeCalledOff) {
  Person person({"bash", "-c", "$keypool secrets put A; echo end"}, keypool_.environment());
  person.see("Value of A (not shown): ");
  person.type("sk-marker\x03");
  person.see("end");
  EXPECT_THAT(person.seen(), HasSubstr("nothing was stored"));
}

TEST_F(Secrets, GetIsRefusedOnATerminalUnlessAsked) {
  keypool_.with("A", kMarker);
  Person person({"bash", "-c", "$keypool secrets get A; echo code $?"}, keypool_.environment());
  person.see("code 2");
  EXPECT_THAT(person.seen(), AllOf(HasSubstr("--show"), Not(HasSubstr(kMarker))));
  Person bold({"bash", "-c", "$keypool secrets get A --show; echo code $?"},
              keypool_.environment());
  bold.see("code 0");
  EXPECT_THAT(bold.seen(), HasSubstr(kMarker));
}

TEST_F(Secrets, GetSaysWhereItLookedInVain) {
  auto run = without_keychain("$keypool secrets get A");
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), AllOf(HasSubstr("A was not found. Looked at:"),
                               HasSubstr("OS keychain, service car, account A: no session bus")));
}

TEST_F(Secrets, AvailableTellsWhyNot) {
  auto run = without_keychain("$keypool secrets available");
  EXPECT_EQ(run.wait(), 1);
  EXPECT_EQ(run.out(), "The OS keychain cannot be used: no session bus\n");
}

TEST_F(Secrets, DeleteSaysWhereTheNameIsStillFound) {
  keypool_.with("A", kMarker);
  auto run =
      in_session("echo sk-1 | $keypool secrets put A 2>/dev/null; $keypool secrets delete A");
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("Deleted A from the OS keychain.\nIt is still found in: "
                                   "environment\n"));
}

TEST_F(Secrets, MigrateCopiesWhatTheEnvironmentAndCarHold) {
  keypool_.with("OPENAI_API_KEY", kMarker);
  keypool_.file(".car/env", "GROQ_API_KEY=sk-marker-groq\n");
  auto run = in_session(
      "$keypool secrets migrate-from-env; $keypool secrets migrate-from-env | head -2\n"
      "unset OPENAI_API_KEY; $keypool secrets get OPENAI_API_KEY; $keypool secrets list");
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("GROQ_API_KEY: copied\n"));
  EXPECT_THAT(run.out(), HasSubstr("OPENAI_API_KEY: copied\n"));
  EXPECT_THAT(run.out(), HasSubstr("OPENAI_API_KEY: already there\n"));
  EXPECT_THAT(run.out(),
              testing::EndsWith(std::string(kMarker) + "\nGROQ_API_KEY\nOPENAI_API_KEY\n"));
}

TEST_F(Secrets, MigrateLeavesAnotherValueUnlessTold) {
  keypool_.with("OPENAI_API_KEY", "sk-new");
  auto run = in_session(
      "printf sk-old | secret-tool store --label=x service car username OPENAI_API_KEY\n"
      "$keypool secrets migrate-from-env\n"
      "secret-tool lookup service car username OPENAI_API_KEY; echo\n"
      "$keypool secrets migrate-from-env --overwrite >/dev/null\n"
      "secret-tool lookup service car username OPENAI_API_KEY");
  run.wait();
  EXPECT_THAT(run.out(), HasSubstr("--overwrite replaces it"));
  EXPECT_THAT(run.out(), HasSubstr("sk-old\nsk-new"));
}

}  // namespace
}  // namespace keypool::test
