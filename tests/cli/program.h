#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace keypool::test {

/// Long enough for a loaded machine and a sanitizer; a wait that takes this long has failed.
inline constexpr std::chrono::seconds kPatience{60};

/// One run of a program: its own environment and nothing of ours, its output collected. What still
/// runs at the end is killed.
class Program {
 public:
  using Environment = std::map<std::string, std::string>;

  Program(std::vector<std::string> command, const Environment& environment);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Waits until standard output matches `pattern` (ECMAScript) and returns its first group; fails
  /// the test, with all that was said, when the program ends before or time is up.
  std::string wait_for(const std::string& pattern);

  /// The same of standard error.
  std::string wait_for_error(const std::string& pattern);

  void signal(int number) const;

  /// Waits for the end. The exit code; 128 + the signal's number when one ended it.
  int wait();

  [[nodiscard]] const std::string& out() const noexcept { return out_; }
  [[nodiscard]] const std::string& err() const noexcept { return err_; }
  [[nodiscard]] pid_t id() const noexcept { return id_; }

 private:
  /// Takes in what has been written; false when both streams are at their end or time is up.
  bool read_some(std::chrono::steady_clock::time_point deadline);
  std::string wait_for(const std::string& pattern, const std::string& text);
  [[nodiscard]] std::string said() const;

  pid_t id_ = -1;
  int out_pipe_ = -1;
  int err_pipe_ = -1;
  std::string out_;
  std::string err_;
  std::optional<int> code_;
};

}  // namespace keypool::test
