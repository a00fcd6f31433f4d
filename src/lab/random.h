#pragma once

#include <cstdint>

namespace keypool::lab {

/// A small seeded generator (SplitMix64): the same seed gives the same numbers on every machine,
/// which the standard library's distributions do not promise.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// From 0 to 1, 1 excluded.
  constexpr double share() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// From `low` to `high`, both included.
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return high <= low ? low : low + next() % (high - low + 1);
  }

 private:
  std::uint64_t state_;
};

}  // namespace keypool::lab
