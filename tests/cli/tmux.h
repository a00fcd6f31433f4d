#pragma once

#include <chrono>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/cli/program.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {

/// A command in a real terminal, tmux's, of a size of our choice; what it shows can be read.
class Tmux {
 public:
  Tmux(const std::string& command, Program::Environment environment, int columns, int rows)
      : environment_(std::move(environment)) {
    environment_["TMUX_TMPDIR"] = folder_.path().string();
    environment_["LC_ALL"] = "C.UTF-8";
    run({"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(columns), "-y",
         std::to_string(rows), command});
  }
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;
  ~Tmux() { run({"kill-server"}); }

  void press(const std::string& keys) { run({"send-keys", keys}); }

  void resize(int columns, int rows) {
    run({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
  }

  /// The screen's lines, as they are now; with colours as escapes where wanted.
  std::string screen(bool colours = false) {
    std::vector<std::string> arguments{"capture-pane", "-p"};
    if (colours) arguments.push_back("-e");
    return run(std::move(arguments));
  }

  /// The screen once it shows `pattern` (ECMAScript); fails the test when it never does.
  std::string wait_for(const std::string& pattern) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const std::regex expected(pattern);
    std::string shown;
    while (std::chrono::steady_clock::now() < deadline && !testing::Test::HasFailure()) {
      shown = screen();
      if (std::regex_search(shown, expected)) return shown;
      ::poll(nullptr, 0, 20);
    }
    ADD_FAILURE() << "no \"" << pattern << "\" in\n" << shown;
    return shown;
  }

  /// What tmux answers to a command of its own.
  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"tmux", "-u"});
    Program tmux(std::move(arguments), environment_);
    EXPECT_EQ(tmux.wait(), 0) << tmux.err();
    return tmux.out();
  }

 private:
  TemporaryFolder folder_;
  Program::Environment environment_;
};

}  // namespace keypool::test
