#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "admin/snapshot.h"

namespace keypool::admin {

/// What everybody who listens to the events is told, worked out once for all of them and only when
/// somebody asks.
///
/// Thread-safety: one thread.
class Pulse {
 public:
  /// Once a second is often enough for eyes.
  static constexpr std::chrono::milliseconds kEvery{1000};

  explicit Pulse(const Subject& subject) : subject_(subject) {}

  /// Events as they go over the wire: `overview`, `keys` with those that changed since the beat
  /// before, and a `call` for each that has ended since. Each beat has the next number as its id: a
  /// reader who missed one sees that by it. The same beat again, until it is as old as `kEvery`.
  [[nodiscard]] const std::string& beat();

 private:
  [[nodiscard]] std::string changes(const Snapshot& now) const;

  [[nodiscard]] std::string new_calls();

  const Subject& subject_;
  std::optional<Snapshot> last_;
  MonotonicTime last_at_{};
  std::uint64_t number_ = 0;
  std::uint64_t last_call_ = 0;
  std::string text_;
};

}  // namespace keypool::admin
