#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace keypool::http {

/// What a character may be part of.
enum CharClass : unsigned char {
  kToken = 1,   ///< tchar, RFC 9110 §5.6.2
  kText = 2,    ///< field-content: visible, blank, tab, obs-text
  kTarget = 4,  ///< printable ASCII of a request target, without fragment and backslash
  kHost = 8,    ///< what a Host value is made of
  kHex = 16,
};

constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool alnum = digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const auto one_of = [c](std::string_view set) {
      return c != 0 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    unsigned char value = 0;
    if (alnum || one_of("!#$%&'*+-.^_`|~")) value |= kToken;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) value |= kText;
    if (c > 0x20 && c < 0x7f && !one_of("#\\\"<>^`{|}")) value |= kTarget;
    if (alnum || one_of("-._~:[]%")) value |= kHost;
    if (digit || one_of("abcdefABCDEF")) value |= kHex;
    classes[static_cast<std::size_t>(c)] = value;
  }
  return classes;
}

inline constexpr auto kClasses = make_classes();

[[nodiscard]] inline bool is(char c, CharClass wanted) noexcept {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

[[nodiscard]] inline bool all(std::string_view text, CharClass wanted) noexcept {
  return std::all_of(text.begin(), text.end(), [wanted](char c) { return is(c, wanted); });
}

}  // namespace keypool::http
