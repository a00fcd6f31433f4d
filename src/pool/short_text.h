#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace keypool::pool {

// Names of a few dozen bytes, hashed and compared eight bytes at a time: for these a library call
// takes longer than the work.

namespace short_text {

[[nodiscard]] inline std::uint64_t eight_bytes(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace short_text

/// Multiplies and folds; names are an operator's to choose, not an attacker's.
[[nodiscard]] inline std::uint64_t short_hash(std::string_view text) noexcept {
  using short_text::eight_bytes;
  using short_text::mix;
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kOther = 0xD1B54A32D192ED03;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = left * kOdd;
  for (; left > 16; at += 16, left -= 16)
    hash ^= mix(eight_bytes(at) ^ kOdd, eight_bytes(at + 8) ^ hash);
  // The last sixteen bytes once more, overlapping, instead of one by one.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (text.size() >= 8) {
    first = eight_bytes(text.size() >= 16 ? at + left - 16 : at);
    last = eight_bytes(at + left - 8);
  } else if (left > 0) {
    std::memcpy(&first, at, left);
  }
  return mix(first ^ kOther, last ^ hash ^ kOdd);
}

[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) noexcept {
  using short_text::eight_bytes;
  if (a.size() != b.size()) return false;
  if (a.size() < 8) return a == b;
  std::uint64_t differs =
      eight_bytes(a.data() + a.size() - 8) ^ eight_bytes(b.data() + b.size() - 8);
  for (std::size_t at = 0; at + 8 < a.size(); at += 8) {
    differs |= eight_bytes(a.data() + at) ^ eight_bytes(b.data() + at);
  }
  return differs == 0;
}

}  // namespace keypool::pool
