// `keypool status --watch`, in a real terminal and in a pipe, over a real gateway.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/keypool_program.h"
#include "tests/cli/tmux.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class StatusWatch : public testing::Test {
 protected:
  StatusWatch() : served_(keypool_.serve()) {
    admin_ = served_.wait_for("admin  (http://127\\.0\\.0\\.1:\\d+)");
    call_ = served_.wait_for("Try it:\n  (curl .*)\n");
  }

  /// In a terminal; behind it a shell tells how it ended and how the terminal was left.
  Tmux watch(int columns, int rows, Program::Environment more = {}) {
    auto environment = keypool_.environment();
    environment.merge(more);
    return Tmux(std::string("sh -c 'echo before; ") + KEYPOOL_BINARY + " status --watch --admin " +
                    admin_ +
                    "; echo left with $?; stty -a | tr \" ;\" \"\\n\\n\" | "
                    "grep -x -e \"-*echo\" -e \"-*icanon\"; exec cat'",
                environment, columns, rows);
  }

  void command(const std::string& key, const std::string& what) {
    Program post(
        {"curl", "-sS", "-f", "-g", "-X", "POST", admin_ + "/api/v1/keys/demo/" + key + "/" + what},
        keypool_.environment());
    ASSERT_EQ(post.wait(), 0) << post.err();
  }

  Keypool keypool_;
  Program served_;
  std::string admin_;
  std::string call_;
};

std::size_t widest(const std::string& screen) {
  std::size_t most = 0;
  std::size_t width = 0;
  for (const char byte : screen) {
    if (byte == '\n') {
      most = std::max(most, width);
      width = 0;
    } else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return most;
}

TEST_F(StatusWatch, ShowsTheOverviewOnASmallTerminal) {
  Program call({"sh", "-c", call_}, keypool_.environment());
  ASSERT_EQ(call.wait(), 0) << call.err();

  auto terminal = watch(80, 24);

  const auto screen = terminal.wait_for("q leaves");
  EXPECT_THAT(screen, HasSubstr("keypool  " + admin_));
  EXPECT_THAT(screen, HasSubstr("3 of 3 keys ready"));
  EXPECT_THAT(screen, ContainsRegex("demo +3/3 "));
  EXPECT_THAT(screen, HasSubstr("░░░░"));
  EXPECT_THAT(screen, ContainsRegex("[0-9]+% (rpm|tpm)"));
  EXPECT_THAT(screen, HasSubstr(" UTC\n"));
  EXPECT_LE(widest(screen), 80);
}

TEST_F(StatusWatch, FollowsTheTerminalsSize) {
  auto terminal = watch(80, 24);
  EXPECT_THAT(terminal.wait_for("q leaves"), Not(HasSubstr("TOKENS  LOAD")));

  terminal.resize(200, 50);

  const auto screen = terminal.wait_for("TOKENS +LOAD");
  EXPECT_LE(widest(screen), 200);
  terminal.wait_for("q leaves[^\n]*\n*$");  // still the last line
}

TEST_F(StatusWatch, IsWhatItIsAt200Columns) {
  auto terminal = watch(200, 50);
  const auto screen = terminal.wait_for("q leaves");
  EXPECT_THAT(screen, ContainsRegex("ENDPOINT +KEY +STATE +HEADROOM"));
}

TEST_F(StatusWatch, ShowsAChangeAndScrollsAndSorts) {
  auto terminal = watch(80, 24);
  terminal.wait_for("q leaves");
  command("DEMO_KEY_SMALL", "disable");
  terminal.wait_for("1 disabled");
  terminal.press("s");
  terminal.wait_for("by headroom");
}

TEST_F(StatusWatch, LeavesTheTerminalAsItWas) {
  auto terminal = watch(80, 24);
  terminal.wait_for("q leaves");
  terminal.press("q");
  const auto screen = terminal.wait_for("left with 0\n(echo\nicanon|icanon\necho)");
  EXPECT_THAT(screen, HasSubstr("before\nleft with 0"));
  EXPECT_THAT(screen, Not(HasSubstr("q leaves")));
}

TEST_F(StatusWatch, AHangUpOrASignalEndsItJustAsWell) {
  for (const char* signal : {"TERM", "HUP", "QUIT", "INT"}) {
    auto terminal = watch(80, 24);
    terminal.wait_for("q leaves");
    // The pane's process is the shell, whose only child is ours.
    std::string shell = terminal.run({"display-message", "-p", "#{pane_pid}"});
    shell.pop_back();
    Program kill({"sh", "-c", std::string("kill -") + signal + " $(pgrep -P " + shell + ")"},
                 keypool_.environment());
    ASSERT_EQ(kill.wait(), 0) << kill.err();
    terminal.wait_for("before\nleft with 0\n(echo\nicanon|icanon\necho)");
  }
}

TEST_F(StatusWatch, IsColouredUnlessToldNotToBe) {
  {
    auto terminal = watch(80, 24);
    terminal.wait_for("q leaves");
    EXPECT_THAT(terminal.screen(true), HasSubstr("\x1b[32m"));
  }
  auto terminal = watch(80, 24, {{"NO_COLOR", "1"}});
  terminal.wait_for("q leaves");
  EXPECT_THAT(terminal.screen(true), Not(HasSubstr("\x1b[32m")));
}

TEST_F(StatusWatch, ATerminalThatCannotBeRedrawnGetsLines) {
  Tmux terminal(
      std::string("sh -c 'TERM=dumb ") + KEYPOOL_BINARY + " status --watch --admin " + admin_ + "'",
      keypool_.environment(), 80, 24);
  EXPECT_THAT(terminal.wait_for("3 of 3 keys ready"), Not(HasSubstr("q leaves")));
}

TEST_F(StatusWatch, WaitsForAGatewayThatWentAndShowsItsReturn) {
  auto terminal = watch(80, 24);
  terminal.wait_for("q leaves");
  served_.signal(SIGTERM);
  served_.wait();
  terminal.wait_for("No answer, trying again");

  auto again = keypool_.start({"serve", "--listen", "127.0.0.1:0", "--admin-listen",
                               admin_.substr(std::string("http://").size())});
  again.wait_for("Try it");
  terminal.wait_for("calls/s");
}

TEST_F(StatusWatch, InAPipeTellsEachChangeOnALine) {
  auto run = keypool_.start({"status", "--watch", "--admin", admin_});
  run.wait_for("Z  3 of 3 keys ready\n");
  command("DEMO_KEY_SMALL", "disable");
  run.wait_for("demo/DEMO_KEY_SMALL  ready → disabled");
  command("DEMO_KEY_SMALL", "enable");
  run.wait_for("demo/DEMO_KEY_SMALL  disabled → ready");
  served_.signal(SIGTERM);
  run.wait_for("no gateway answers");
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), Not(HasSubstr("\x1b")));
}

TEST_F(StatusWatch, AsJsonIsOneObjectALine) {
  auto run = keypool_.start({"status", "--watch", "--json", "--admin", admin_});
  const json begins = json::parse(run.wait_for("(\\{.*\\})\n"));
  EXPECT_EQ(begins["event"], "begins");
  EXPECT_EQ(begins["ready"], 3);
  command("DEMO_KEY_LARGE", "disable");
  const json change = json::parse(run.wait_for("(\\{.*\"event\":\"key\".*\\})\n"));
  EXPECT_EQ(change["name"], "DEMO_KEY_LARGE");
  EXPECT_EQ(change["was"], "ready");
  EXPECT_EQ(change["state"], "disabled");
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(), 0);
}

TEST_F(StatusWatch, EndsWhenNobodyReadsIt) {
  Program pipe({"bash", "-o", "pipefail", "-c",
                std::string(KEYPOOL_BINARY) + " status --watch --admin " + admin_ + " | head -n 1"},
               keypool_.environment());
  EXPECT_EQ(pipe.wait(), 0) << pipe.err();
}

TEST(StatusWatchWithoutAGateway, SaysSoAtOnce) {
  Keypool keypool;
  auto run = keypool.start({"status", "--watch", "--admin", "http://127.0.0.1:1"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("keypool serve"));
}

}  // namespace
}  // namespace keypool::test
