#include "secrets/command.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/secrets/scoped_environment.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {
namespace {

using namespace std::chrono_literals;
using secrets::run_secret_command;
using testing::HasSubstr;
using testing::Not;

std::string value_of(const std::vector<std::string>& command) {
  const auto found = run_secret_command(command);
  return found ? std::string(found->value.reveal()) : "error: " + found.error();
}

std::string problem_of(const std::vector<std::string>& command,
                       const secrets::CommandLimits& limits = {}) {
  const auto found = run_secret_command(command, limits);
  return found ? "no problem" : found.error();
}

TEST(SecretCommand, GivesWhatItPrints) {
  const auto found = run_secret_command({"printf", "sk-1,sk-2\\n"});
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->value.reveal(), "sk-1,sk-2");
  EXPECT_EQ(found->origin, "command printf");
}

TEST(SecretCommand, IsNotReadByAShell) {
  EXPECT_EQ(value_of({"echo", "$HOME;", "a&b"}), "$HOME; a&b");
}

TEST(SecretCommand, GetsOurEnvironment) {
  ScopedEnvironment environment;
  environment.set("VAULT_TOKEN", "token-1");
  EXPECT_EQ(value_of({"sh", "-c", "echo $VAULT_TOKEN"}), "token-1");
}

TEST(SecretCommand, HasNothingToRead) { EXPECT_EQ(value_of({"sh", "-c", "cat; echo end"}), "end"); }

TEST(SecretCommand, MayPrintALongList) {
  std::string keys;
  for (int i = 0; i < 41'000; ++i) keys += "sk-" + std::to_string(100'000'000 + i) + "\n";
  TemporaryFolder folder;
  EXPECT_EQ(value_of({"cat", folder.write("keys", keys)}).size(), keys.size() - 1);
}

TEST(SecretCommand, StartsWithNoSignalHeldBack) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto blocked = value_of({"sh", "-c", "grep SigBlk /proc/self/status"});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(blocked, testing::EndsWith("0000000000000000"));
}

TEST(SecretCommand, ThatFailsIsNamedWithItsExitCode) {
  EXPECT_EQ(problem_of({"sh", "-c", "echo sk-marker; exit 3"}), "command sh: exit code 3");
  EXPECT_EQ(problem_of({"sh", "-c", "kill -9 $$"}), "command sh: ended by signal 9");
  EXPECT_EQ(problem_of({"/no/such/program"}),
            "command /no/such/program: cannot be run: No such file or directory");
  EXPECT_EQ(problem_of({}), "command: empty; expected a program and its arguments");
}

TEST(SecretCommand, ThatPrintsNoKeyIsRefusedAsAFileWouldBe) {
  EXPECT_EQ(problem_of({"true"}), "command true: empty");
  EXPECT_EQ(problem_of({"printf", "sk-marker\\0"}), "command printf: holds a NUL byte");
}

TEST(SecretCommand, IsKilledWhenItTakesTooLong) {
  EXPECT_EQ(problem_of({"tail", "-f", "/dev/null"}, {.time = 10ms}), "command tail: took too long");
}

TEST(SecretCommand, IsKilledWithWhatItStarted) {
  EXPECT_EQ(problem_of({"sh", "-c", "tail -f /dev/null & exec >&-; wait"}, {.time = 10ms}),
            "command sh: took too long");
}

TEST(SecretCommand, MayNotPrintWithoutEnd) {
  EXPECT_EQ(problem_of({"yes", "sk-marker"}, {.output_bytes = 100'000}),
            "command yes: printed more than 100000 bytes");
}

TEST(SecretCommand, ItsProblemsNeverHoldWhatItPrinted) {
  const std::array<std::vector<std::string>, 3> commands{
      std::vector<std::string>{"sh", "-c", "echo sk-marker; exit 1"},
      std::vector<std::string>{"printf", "sk-marker\\001"},
      std::vector<std::string>{"sh", "-c", "echo sk-marker; kill -15 $$"}};
  for (const auto& command : commands) {
    EXPECT_THAT(problem_of(command), Not(HasSubstr("sk-marker")));
  }
}

}  // namespace
}  // namespace keypool::test
