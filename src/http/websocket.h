#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keypool::http {

/// Follows the frames that a WebSocket server sends (RFC 6455 §5.2) as their bytes go by, in pieces
/// of any size. It changes nothing and keeps no payload.
///
///     scan.feed(piece, sink);   // sink.data(view)…, sink.message_end(), sink.close()
///
/// What it does not understand (masked frames, extensions) it stops looking at; the bytes are the
/// other side's to judge.
class FrameScan {
 public:
  template <class Sink>
  void feed(std::string_view bytes, Sink& sink) {
    while (!bytes.empty() && !lost_) {
      if (left_ > 0) {
        const auto part = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
        bytes.remove_prefix(part.size());
        left_ -= part.size();
        if (!is_control()) sink.data(part);
        if (left_ == 0) end_frame(sink);
        continue;
      }
      head_[have_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (have_ < head_size()) continue;
      lost_ = (head_[0] & 0x70) != 0 || (head_[1] & 0x80) != 0;
      left_ = length();
      have_ = 0;
      if (left_ == 0 && !lost_) end_frame(sink);
    }
  }

  /// Between two frames: another one may be put in here.
  [[nodiscard]] bool at_boundary() const noexcept { return !lost_ && have_ == 0 && left_ == 0; }

 private:
  [[nodiscard]] std::size_t head_size() const noexcept {
    if (have_ < 2) return 2;
    const int length = head_[1] & 0x7f;
    return length == 127 ? 10 : length == 126 ? 4 : 2;
  }

  [[nodiscard]] std::uint64_t length() const noexcept {
    if (have_ == 2) return head_[1] & 0x7f;
    std::uint64_t length = 0;
    for (std::size_t i = 2; i < have_; ++i) length = length << 8 | head_[i];
    return length;
  }

  [[nodiscard]] bool is_control() const noexcept { return (head_[0] & 0x08) != 0; }

  template <class Sink>
  void end_frame(Sink& sink) {
    constexpr int kClose = 8;
    if ((head_[0] & 0x0f) == kClose) {
      sink.close();
    } else if (!is_control() && (head_[0] & 0x80) != 0) {
      sink.message_end();
    }
  }

  std::array<unsigned char, 10> head_{};  // of the frame under way
  std::size_t have_ = 0;                  // bytes of it, while it is read
  std::uint64_t left_ = 0;                // of the payload
  bool lost_ = false;
};

/// Why a connection is closed (RFC 6455 §7.4.1).
enum class CloseCode : std::uint16_t { going_away = 1001, internal_error = 1011 };

/// A server's Close frame. `reason` has at most 123 bytes.
[[nodiscard]] inline std::string close_frame(CloseCode code, std::string_view reason) {
  const auto number = static_cast<std::uint16_t>(code);
  std::string frame{'\x88', static_cast<char>(2 + reason.size()), static_cast<char>(number >> 8),
                    static_cast<char>(number & 0xff)};
  return frame.append(reason);
}

}  // namespace keypool::http
