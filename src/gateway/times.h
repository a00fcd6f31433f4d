#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace keypool::gateway {

/// Upper bounds of the buckets that times are counted in, in seconds; one more is without a bound.
/// From what a queue adds to what a long stream takes.
inline constexpr std::array kTimeBounds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,  0.5,
                                        1.0,   2.5,   5.0,  10.0,  30.0, 60.0, 120.0, 300.0};

/// How many took how long.
struct Distribution {
  std::array<std::uint64_t, kTimeBounds.size() + 1> counts{};  ///< in each bucket, not below it
  double seconds = 0;                                          ///< all together
};

/// A distribution that one thread adds to without a lock, and any thread may read: each number is
/// right by itself.
class Times {
 public:
  void add(std::chrono::nanoseconds time) noexcept {
    const double seconds = std::chrono::duration<double>(time).count();
    const auto* bound = std::ranges::lower_bound(kTimeBounds, seconds);
    bump(counts_[static_cast<std::size_t>(bound - kTimeBounds.begin())], 1);
    bump(nanoseconds_, static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
  }

  void add_to(Distribution& sum) const noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      sum.counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    sum.seconds += static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  }

 private:
  using Count = std::atomic<std::uint64_t>;

  // The only writer needs no locked instruction.
  static void bump(Count& count, std::uint64_t by) noexcept {
    count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<Count, kTimeBounds.size() + 1> counts_{};
  Count nanoseconds_{0};
};

/// What is timed of one endpoint's calls.
template <class Time>
struct EndpointTimes {
  Time lease_wait;  ///< from asking for a key to having it, or to giving up
  Time upstream;    ///< of a request that succeeded: from having the key to the answer's end
  Time first_byte;  ///< from the call's coming to the first byte of an answer's body
};

}  // namespace keypool::gateway
