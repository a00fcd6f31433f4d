#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace keypool::gateway {

/// Bytes to be sent one after another in as few writes as possible, as views into their owners.
using Pieces = std::vector<std::string_view>;

/// Takes `bytes` off the front, which must not be more than there are.
inline void remove_front(std::span<std::string_view>& pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().size()) {
    bytes -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (bytes > 0) pieces.front().remove_prefix(bytes);
}

/// Puts a chunk's size before pieces and its end behind them (RFC 9112 §7.1).
class ChunkFrame {
 public:
  /// `pieces[place]` must be empty, and `bytes` be what stands behind it. No bytes give no chunk. A
  /// body that `ends` gets its last chunk. The frame holds the size while the pieces are in use.
  void put_around(Pieces& pieces, std::size_t place, std::size_t bytes, bool ends) {
    if (bytes > 0) {
      auto* end = std::to_chars(size_line_.begin(), size_line_.end() - 2, bytes, 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      pieces[place] = {size_line_.data(), static_cast<std::size_t>(end - size_line_.data())};
      pieces.push_back(ends ? "\r\n0\r\n\r\n" : "\r\n");
    } else if (ends) {
      pieces.push_back("0\r\n\r\n");
    }
  }

 private:
  std::array<char, 24> size_line_;
};

}  // namespace keypool::gateway
