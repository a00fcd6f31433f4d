#pragma once

#include <cstdint>
#include <string_view>

#include "provider/json_scan.h"

namespace keypool::provider {

/// What a scan of an event stream tells. A sink derives from this and hides what it wants to hear.
/// The pointers point into the piece being fed, just behind the line's end.
struct SseSink {
  /// A part of the event's data; lines of it are joined by "\n".
  void data(std::string_view) {}
  void line_end(const char*) {}
  /// A blank line: the event is complete.
  void event_end(const char*) {}
};

/// The framing of an event stream as the WHATWG describes it, over pieces cut anywhere: lines end
/// in LF, CR or CRLF, `:` starts a comment, one space after the colon is not part of the value,
/// fields other than `data` are passed over, a byte order mark at the start is ignored. Keeps no
/// bytes.
class SseScan {
 public:
  template <class Sink>
  void feed(std::string_view piece, Sink& sink);

  /// Whether the last byte was a CR: a LF that follows still belongs to the same line end.
  [[nodiscard]] bool after_cr() const noexcept { return after_cr_; }

  /// Whether the event so far consists of nothing but comments.
  [[nodiscard]] bool only_comments() const noexcept { return only_comments_; }

 private:
  enum class In : std::uint8_t { mark, name, data_space, data, other };

  static constexpr std::string_view kMark = "\xEF\xBB\xBF";
  static constexpr std::string_view kData = "data";

  template <class Sink>
  void end_line(const char* after, Sink& sink);

  In in_ = In::mark;
  std::uint8_t matched_ = 0;  // bytes of kMark or kData seen
  bool line_empty_ = true;
  bool after_cr_ = false;
  bool has_data_ = false;  // the event has a data line already
  bool only_comments_ = true;
};

template <class Sink>
void SseScan::feed(std::string_view piece, Sink& sink) {
  const char* p = piece.data();
  const char* const end = p + piece.size();
  while (p != end) {
    if (after_cr_) {
      after_cr_ = false;
      if (*p == '\n') {
        ++p;
        continue;
      }
    }
    if (*p == '\n' || *p == '\r') {
      after_cr_ = *p == '\r';
      if (after_cr_ && p + 1 != end && p[1] == '\n') {
        after_cr_ = false;
        ++p;
      }
      end_line(++p, sink);
      continue;
    }
    switch (in_) {
      case In::mark:
        if (*p != kMark[matched_]) {
          in_ = matched_ == 0 ? In::name : In::other;
          matched_ = 0;
          break;
        }
        ++p;
        ++matched_;
        line_empty_ = only_comments_ = matched_ == kMark.size();  // half a mark is a field's name
        if (line_empty_) {
          in_ = In::name;
          matched_ = 0;
        }
        break;
      case In::name:
        if (line_empty_ && *p != ':') only_comments_ = false;
        line_empty_ = false;
        if (matched_ < kData.size() && *p == kData[matched_]) {
          ++matched_;
        } else {
          in_ = matched_ == kData.size() && *p == ':' ? In::data_space : In::other;
        }
        ++p;
        break;
      case In::data_space:
        in_ = In::data;
        if (has_data_) sink.data("\n");
        has_data_ = true;
        if (*p == ' ') ++p;
        break;
      case In::data: {
        const char* const line = p;
        p = find_either(p, end, '\n', '\r');
        sink.data({line, static_cast<std::size_t>(p - line)});
        break;
      }
      case In::other:
        p = find_either(p, end, '\n', '\r');
        break;
    }
  }
}

template <class Sink>
void SseScan::end_line(const char* after, Sink& sink) {
  if (line_empty_) {
    sink.event_end(after);
    has_data_ = false;
    only_comments_ = true;
  } else {
    sink.line_end(after);
  }
  in_ = In::name;
  matched_ = 0;
  line_empty_ = true;
}

}  // namespace keypool::provider
