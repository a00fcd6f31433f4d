#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include <keypool/clock.h>

#include "lab/token_bucket.h"

namespace keypool::lab {

/// A clock that only a simulation moves.
class VirtualClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime now() const noexcept override { return kBegin + passed_; }
  [[nodiscard]] WallTime wall() const noexcept override {
    return kWallBegin + std::chrono::duration_cast<std::chrono::milliseconds>(passed_);
  }

  [[nodiscard]] WorldTime passed() const noexcept { return passed_; }
  void move_to(WorldTime time) noexcept { passed_ = std::max(passed_, time); }

  [[nodiscard]] static MonotonicTime at(WorldTime time) noexcept { return kBegin + time; }
  /// WorldTime::max() for what never comes.
  [[nodiscard]] static WorldTime since_begin(MonotonicTime time) noexcept {
    return time == MonotonicTime::max() ? WorldTime::max() : time - kBegin;
  }

 private:
  static constexpr MonotonicTime kBegin{std::chrono::hours(1)};
  static constexpr WallTime kWallBegin{std::chrono::hours(24 * 365 * 50)};

  WorldTime passed_{0};
};

/// What is to happen, in order of time; what is due at the same moment, in order of entry.
template <typename Event>
class Timeline {
 public:
  void add(WorldTime at, Event event) { entries_.push({at, ++entered_, std::move(event)}); }

  /// When the next is due; WorldTime::max() when nothing is.
  [[nodiscard]] WorldTime next() const noexcept {
    return entries_.empty() ? WorldTime::max() : entries_.top().at;
  }

  Event take() {
    Event event = entries_.top().event;
    entries_.pop();
    return event;
  }

 private:
  struct Entry {
    WorldTime at;
    std::uint64_t number;
    Event event;

    bool operator<(const Entry& other) const noexcept {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  std::priority_queue<Entry> entries_;
  std::uint64_t entered_ = 0;
};

}  // namespace keypool::lab
