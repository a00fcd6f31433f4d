#pragma once

#include <algorithm>
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

namespace short_text {

inline constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
inline constexpr std::uint64_t kOther = 0xD1B54A32D192ED03;

/// Of less than sixteen bytes. Not inlined: the copy on the stack would burden every hash.
[[nodiscard, gnu::noinline]] inline std::uint64_t padded_hash(std::string_view text) noexcept {
  char padded[16] = {};
  std::copy(text.begin(), text.end(), padded);
  const std::uint64_t hash =
      text.size() * kOdd + mix(eight_bytes(padded) ^ kOther, eight_bytes(padded + 8) ^ kOdd);
  return hash ^ hash >> 32;
}

}  // namespace short_text

/// Multiplies and folds; names are an operator's to choose, not an attacker's.
[[nodiscard]] inline std::uint64_t short_hash(std::string_view text) noexcept {
  using namespace short_text;
  if (text.size() < 16) [[unlikely]]
    return padded_hash(text);
  const char* at = text.data();
  std::size_t left = text.size();
  // The parts are added, so that none waits for another. The last sixteen bytes overlap what stands
  // before them, instead of being taken one by one.
  std::uint64_t hash = left * kOdd;
  for (; left > 16; at += 16, left -= std::min<std::size_t>(left, 16)) {
    hash += mix(eight_bytes(at) ^ left, eight_bytes(at + 8) ^ kOdd);
  }
  const char* end = text.data() + text.size();
  hash += mix(eight_bytes(end - 16) ^ kOther, eight_bytes(end - 8) ^ kOdd);
  return hash ^ hash >> 32;
}

[[nodiscard]] inline bool same_text(std::string_view a, std::string_view b) noexcept {
  using short_text::eight_bytes;
  if (a.size() != b.size()) return false;
  if (a.size() < 8) [[unlikely]]
    return a == b;
  const std::size_t last = a.size() - 8;
  for (std::size_t at = 0; at < last; at += 8) {
    if (eight_bytes(a.data() + at) != eight_bytes(b.data() + at)) return false;
  }
  return eight_bytes(a.data() + last) == eight_bytes(b.data() + last);
}

}  // namespace keypool::pool
