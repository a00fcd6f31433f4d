#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "state/store.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {

/// A wall clock that moves when told.
class WallClock final : public Clock {
 public:
  using Days = std::chrono::sys_days;

  [[nodiscard]] MonotonicTime now() const noexcept override { return MonotonicTime{}; }
  [[nodiscard]] WallTime wall() const noexcept override { return wall_; }

  void set(WallTime wall) { wall_ = wall; }
  void advance(std::chrono::milliseconds by) { wall_ += by; }

 private:
  WallTime wall_ = Days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(13);
};

/// A state folder of the test's own, and what was said about it.
class StateFolder {
 public:
  [[nodiscard]] state::StoreOptions options(
      state::StoreOptions::Use use = state::StoreOptions::Use::gateway) {
    return {.folder = path(), .use = use, .clock = &clock, .warn = warn()};
  }

  [[nodiscard]] std::function<void(std::string_view)> warn() {
    return [this](std::string_view text) { warnings.emplace_back(text); };
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "state"; }
  [[nodiscard]] std::filesystem::path file() const { return path() / "keypool.db"; }

  /// Names in the folder that begin with `prefix`.
  [[nodiscard]] std::vector<std::string> named(std::string_view prefix) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      if (entry.path().filename().native().starts_with(prefix)) {
        names.push_back(entry.path().filename().native());
      }
    }
    return names;
  }

  WallClock clock;
  std::vector<std::string> warnings;

 private:
  TemporaryFolder folder_;
};

}  // namespace keypool::test
