#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "tests/cli/program.h"

namespace keypool::test {

/// A bash that commands are given to one by one, in a session bus with an open keychain. At its end
/// everything that it started in the background is ended.
class ShellSession {
 public:
  explicit ShellSession(const Program::Environment& environment);
  ShellSession(const ShellSession&) = delete;
  ShellSession& operator=(const ShellSession&) = delete;
  ~ShellSession();

  /// Runs a command to its end and returns what it said on both streams. What runs on in the
  /// background (`… &`) is given the time to say what `enough` waits for.
  std::string run(const std::string& command, const std::function<bool(std::string_view)>& enough);

 private:
  /// Appends what came; false at the end of time or of the shell.
  bool read_some(std::string& said);

  pid_t id_ = -1;
  int to_ = -1;
  int from_ = -1;
  int commands_ = 0;
};

[[nodiscard]] bool nobody_listens_on(int port);

}  // namespace keypool::test
