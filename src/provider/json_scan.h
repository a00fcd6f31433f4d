#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "provider/word.h"

namespace keypool::provider {

/// The first `a` or `b` from `p` on; `end` when there is none.
[[nodiscard]] inline const char* find_either(const char* p, const char* end, char a,
                                             char b) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x8080808080808080;
    const std::uint64_t all_a = ones * static_cast<unsigned char>(a);
    const std::uint64_t all_b = ones * static_cast<unsigned char>(b);
    for (; end - p >= 8; p += 8) {
      std::uint64_t bytes;
      std::memcpy(&bytes, p, 8);
      const std::uint64_t x = bytes ^ all_a;
      const std::uint64_t y = bytes ^ all_b;
      // The lowest marked byte is one that matches; marks above it may be carries.
      const std::uint64_t marks = (((x - ones) & ~x) | ((y - ones) & ~y)) & high;
      if (marks != 0) return p + std::countr_zero(marks) / 8;
    }
  }
  while (p != end && *p != a && *p != b) ++p;
  return p;
}

/// A string's content as it stands in the text, escapes and all.
struct JsonText {
  std::string_view head;    ///< all of it, or the first JsonScan::kKeptBytes where pieces cut it
  std::uint64_t bytes = 0;  ///< its whole length
  bool escaped = false;

  [[nodiscard]] bool whole() const noexcept { return head.size() == bytes; }
  [[nodiscard]] std::string unescaped() const;
};

/// What a scan tells. A sink derives from this and hides what it wants to hear.
struct JsonSink {
  void open(Path, char /*bracket*/, std::uint64_t /*offset*/) {}
  void close(Path, char /*bracket*/, std::uint64_t /*offset*/) {}
  void string(Path, const JsonText&) {}
  /// A number, `true`, `false` or `null`.
  void scalar(Path, std::string_view /*token*/, std::uint64_t /*offset*/) {}
};

/// Walks a JSON text that comes in pieces of any size and tells a sink what stands where.
///
/// Why not simdjson, which reads the error bodies here: it needs the whole text, padded, plus six
/// times its size. Requests carry megabytes of images and answers may be of any size; this takes
/// them as they pass, keeps a few hundred bytes, and reads as far as a cut text goes.
///
/// It is lenient: what is not JSON gives some events or none, never an error. A root array counts
/// as its elements in a row, and several texts may follow each other.
///
/// Offsets count from the first byte after the last reset.
class JsonScan {
 public:
  static constexpr std::size_t kKeptBytes = 256;

  template <class Sink>
  void feed(std::string_view piece, Sink& sink);

  /// The text ends here: hands over a token that was waiting for its end.
  template <class Sink>
  void finish(Sink& sink);

  /// A new text begins.
  void reset() noexcept;

 private:
  enum class In : std::uint8_t { between, string, escape, after_string, scalar };

  static constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  static constexpr bool ends_scalar(char c) noexcept {
    return c == ',' || c == ']' || c == '}' || is_blank(c) || c == ':' || c == '[' || c == '{' ||
           c == '"';
  }

  /// The fast way between tokens, where most of a text is read: takes every token that stands whole
  /// and plain in this piece, and stops in front of the first other one.
  template <class Sink>
  const char* feed_whole_tokens(const char* p, const char* end, Sink& sink);

  void start_token(const char* p, In in) noexcept {
    token_ = p;
    in_ = in;
    kept_ = 0;
    cut_bytes_ = 0;
    escaped_ = false;
  }

  /// Keeps what stands from the token's start in this piece to `end`.
  void keep(const char* end) noexcept;

  /// The token, given where it ends in this piece.
  [[nodiscard]] JsonText token(const char* end) noexcept;

  [[nodiscard]] std::uint64_t offset(const char* p) const noexcept {
    return before_ + static_cast<std::uint64_t>(p - piece_);
  }

  void descend(Word inner) noexcept;
  void ascend() noexcept;
  void name(const JsonText& text) noexcept;
  void name_is(Word word) noexcept { path_ = (path_ & ~Path{0xff}) | word; }

  // Below kPathDepth levels only the last word of a path is kept; the rest reads as no word.
  static constexpr Path kLost = ~Path{0xff};

  Path path_ = 0;
  Path saved_ = 0;  // the path at kPathDepth while the text is deeper
  std::uint32_t depth_ = 0;
  In in_ = In::between;
  bool escaped_ = false;
  std::uint16_t kept_ = 0;       // bytes of the token in kept_bytes_
  std::uint64_t cut_bytes_ = 0;  // bytes of the token in earlier pieces
  std::uint64_t scalar_at_ = 0;
  std::uint64_t before_ = 0;  // bytes in earlier pieces
  JsonText last_;             // the string that waits for what follows it
  const char* piece_ = nullptr;
  const char* token_ = nullptr;  // where the token starts in this piece
  char kept_bytes_[kKeptBytes];
};

template <class Sink>
void JsonScan::feed(std::string_view piece, Sink& sink) {
  const char* p = piece.data();
  const char* const end = p + piece.size();
  piece_ = token_ = p;

  while (p != end) {
    switch (in_) {
      case In::between:
        p = feed_whole_tokens(p, end, sink);
        break;

      case In::string:
        p = find_either(p, end, '"', '\\');
        while (end - p >= 2 && *p == '\\') {
          escaped_ = true;
          p = find_either(p + 2, end, '"', '\\');
        }
        if (p == end) break;
        if (*p == '\\') {  // the piece's last byte
          escaped_ = true;
          in_ = In::escape;
        } else {
          last_ = token(p);
          in_ = In::after_string;
        }
        ++p;
        break;

      case In::escape:
        in_ = In::string;
        ++p;
        break;

      case In::after_string:
        // A string is a name if a colon follows; no stack of brackets is needed to tell.
        if (is_blank(*p)) {
          ++p;
        } else if (*p == ':') {
          name(last_);
          in_ = In::between;
          ++p;
        } else {
          sink.string(path_, last_);
          in_ = In::between;
        }
        break;

      case In::scalar: {
        while (p != end && !ends_scalar(*p)) ++p;
        if (p == end) break;
        in_ = In::between;
        const JsonText text = token(p);
        if (text.whole()) sink.scalar(path_, text.head, scalar_at_);
        break;
      }
    }
  }

  if (in_ == In::string || in_ == In::escape || in_ == In::scalar) keep(end);
  if (in_ == In::after_string && last_.head.data() != kept_bytes_) {
    const std::size_t size = std::min(last_.head.size(), kKeptBytes);
    std::memcpy(kept_bytes_, last_.head.data(), size);
    last_.head = {kept_bytes_, size};
  }
  before_ += piece.size();
}

template <class Sink>
const char* JsonScan::feed_whole_tokens(const char* p, const char* end, Sink& sink) {
  for (; p != end; ++p) {
    switch (const char c = *p) {
      case ' ':
      case '\n':
      case '\r':
      case '\t':
      case ':':
        break;

      case '"': {
        const char* const begin = p + 1;
        const char* const close = find_either(begin, end, '"', '\\');
        const bool whole = close != end && *close == '"' && close + 1 != end;
        if (!whole || is_blank(close[1])) {
          start_token(begin, In::string);
          return begin;
        }
        const auto size = static_cast<std::size_t>(close - begin);
        const JsonText text{{begin, size}, size, false};
        p = close;
        if (close[1] == ':') {
          name(text);
          ++p;
        } else {
          sink.string(path_, text);
        }
        break;
      }

      case ',':
        if (depth_ != 0 && last_word(path_) != kElement) name_is(kOtherName);
        break;

      case '[':
        if (depth_ == 0) break;
        [[fallthrough]];
      case '{':
        sink.open(path_, c, offset(p));
        descend(c == '[' ? kElement : kOtherName);
        break;

      case ']':
      case '}':
        if (depth_ == 0) break;
        ascend();
        sink.close(path_, c, offset(p));
        break;

      default: {
        const char* const begin = p;
        while (p != end && !ends_scalar(*p)) ++p;
        if (p == end) {
          scalar_at_ = offset(begin);
          start_token(begin, In::scalar);
          return end;
        }
        const auto size = static_cast<std::size_t>(p - begin);
        if (size <= kKeptBytes) sink.scalar(path_, {begin, size}, offset(begin));
        --p;
      }
    }
  }
  return end;
}

template <class Sink>
void JsonScan::finish(Sink& sink) {
  token_ = nullptr;
  switch (in_) {
    case In::between:
      break;
    case In::string:
    case In::escape:
      sink.string(path_, token(nullptr));
      break;
    case In::after_string:
      sink.string(path_, last_);
      break;
    case In::scalar:
      if (const JsonText text = token(nullptr); text.whole()) {
        sink.scalar(path_, text.head, scalar_at_);
      }
      break;
  }
  in_ = In::between;
}

}  // namespace keypool::provider
