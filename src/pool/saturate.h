#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace keypool::pool {

/// The largest number of tokens that one report is believed.
inline constexpr std::uint64_t kMostTokens = 1'000'000'000'000;

/// The longest time that a hint or a latency is believed.
inline constexpr std::chrono::hours kLongestTime{24 * 366};

/// The largest number that is counted to: a handful of them can still be added up.
inline constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 60;

/// Adds without running over: what is too much stays at the largest number.
inline void add_saturated(std::uint64_t& sum, std::uint64_t more) noexcept {
  sum = std::min(sum + std::min(more, kMostCounted), kMostCounted);
}

[[nodiscard]] inline std::chrono::milliseconds believable(std::chrono::milliseconds time) noexcept {
  return std::clamp<std::chrono::milliseconds>(time, std::chrono::milliseconds(0), kLongestTime);
}

template <typename Number>
[[nodiscard]] std::uint32_t in_32_bits(Number value) noexcept {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  return value >= static_cast<Number>(kMost) ? kMost : static_cast<std::uint32_t>(value);
}

/// What a call with these tokens is charged. A call weighs at least one token, so that calls which
/// report none are spread as well.
[[nodiscard]] inline double charge(std::uint64_t input, std::uint64_t output) noexcept {
  // Signed, because a processor converts that in one step.
  return static_cast<double>(
      static_cast<std::int64_t>(std::min(input, kMostTokens) + std::min(output, kMostTokens) + 1));
}

}  // namespace keypool::pool
