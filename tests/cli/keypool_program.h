#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/cli/program.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {

/// A secret of this value stands in every test's environment, and in no output.
inline constexpr const char* kMarker = "sk-marker-7f21c0";

/// A place to run the real binary from: an empty home, an environment of the test's own.
class Keypool {
 public:
  Keypool() { environment_ = {{"HOME", home_.path().string()}, {"PATH", "/usr/bin:/bin"}}; }

  /// Sets a variable for the runs that follow.
  Keypool& with(const std::string& name, std::string value) {
    environment_[name] = std::move(value);
    return *this;
  }

  /// Writes a file into the home folder; returns its path.
  std::string file(const std::string& name, std::string_view content) {
    return home_.write(name, content).string();
  }

  [[nodiscard]] Program start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), KEYPOOL_BINARY);
    return Program(std::move(arguments), environment_);
  }

  /// `keypool serve` on free ports, once it listens.
  [[nodiscard]] Program serve(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"serve", "--listen", "127.0.0.1:0", "--admin-listen",
                                       "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return start(std::move(arguments));
  }

  [[nodiscard]] const Program::Environment& environment() const { return environment_; }

 private:
  TemporaryFolder home_;
  Program::Environment environment_;
};

}  // namespace keypool::test
