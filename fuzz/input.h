#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace keypool::fuzz {

/// Takes a fuzzer's bytes apart from left to right. A choice is one byte, so that a seed reads as
/// digits and lines: `3`, `429`, a header a line, a blank line, the body.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] unsigned byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }

  template <class T, std::size_t N>
  [[nodiscard]] const T& choice(const T (&options)[N]) {
    return options[(byte() - '0') % N];
  }

  [[nodiscard]] std::string_view line() {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(line.size() == rest_.size() ? line.size() : line.size() + 1);
    return line;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Ends the process with what was believed: how a fuzzer reports a finding.
inline void require(bool holds, const char* belief) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", belief);
  std::abort();
}

/// `bytes` in pieces of sizes that follow from `seed`; 0: one by one.
inline std::vector<std::string_view> cut(std::string_view bytes, unsigned seed) {
  std::vector<std::string_view> pieces;
  std::uint32_t state = seed;
  while (!bytes.empty()) {
    state = state * 1664525u + (seed == 0 ? 0u : 1013904223u);
    const std::size_t size = 1 + (state >> 16) % (1 + seed % 64);
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace keypool::fuzz
