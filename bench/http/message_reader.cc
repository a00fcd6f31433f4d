#include "bench/http/message_reader.h"

#include <algorithm>
#include <charconv>

#include <strings.h>

namespace keypool::bench {
namespace {

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class Number>
std::optional<Number> number(std::string_view digits, int base) {
  Number value{};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

MessageReader::Part MessageReader::next(std::string_view& bytes) {
  while (true) {
    switch (state_) {
      case State::head: {
        if (!take_head(bytes)) return head_.size() > kMaxHead ? Part::malformed : Part::more;
        const auto state = body_state();
        if (!state) return Part::malformed;
        state_ = *state;
        return Part::head;
      }
      case State::sized:
        if (left_ == 0) {
          state_ = State::head;
          return Part::end;
        }
        return take_piece(bytes) ? Part::body : Part::more;
      case State::chunk_size: {
        if (!take_line(bytes)) return Part::more;
        const auto size =
            number<std::uint64_t>(trimmed(std::string_view(line_).substr(0, line_.find(';'))), 16);
        if (!size) return Part::malformed;
        left_ = *size;
        state_ = left_ == 0 ? State::trailer : State::chunk_data;
        break;
      }
      case State::chunk_data:
        if (left_ > 0) return take_piece(bytes) ? Part::body : Part::more;
        state_ = State::chunk_end;
        break;
      case State::chunk_end:
        if (!take_line(bytes)) return Part::more;
        if (!line_.empty()) return Part::malformed;
        state_ = State::chunk_size;
        break;
      case State::trailer:
        if (!take_line(bytes)) return Part::more;
        if (!line_.empty()) break;
        state_ = State::head;
        return Part::end;
      case State::until_close:
        left_ = bytes.size();
        return take_piece(bytes) ? Part::body : Part::more;
    }
  }
}

bool MessageReader::take_head(std::string_view& bytes) {
  if (head_complete_) {
    head_.clear();
    head_complete_ = false;
  }
  const std::size_t before = head_.size();
  head_.append(bytes);
  const std::size_t end = head_.find(kEndOfHead, before > 3 ? before - 3 : 0);
  if (end == std::string::npos) {
    bytes = {};
    return false;
  }
  bytes.remove_prefix(end + kEndOfHead.size() - before);
  head_.resize(end + 2);
  head_complete_ = true;
  return true;
}

std::optional<MessageReader::State> MessageReader::body_state() {
  const auto coding = header("transfer-encoding");
  if (coding) {
    if (!same_name(*coding, "chunked")) return std::nullopt;
    return State::chunk_size;
  }
  if (const auto length = header("content-length")) {
    const auto bytes = number<std::uint64_t>(*length, 10);
    if (!bytes) return std::nullopt;
    left_ = *bytes;
    return State::sized;
  }
  left_ = 0;
  return side_ == Side::answers ? State::until_close : State::sized;
}

bool MessageReader::take_line(std::string_view& bytes) {
  if (line_complete_) {
    line_.clear();
    line_complete_ = false;
  }
  const std::size_t end = bytes.find('\n');
  if (end == bytes.npos) {
    line_.append(bytes);
    bytes = {};
    return false;
  }
  line_.append(bytes.substr(0, end));
  if (line_.ends_with('\r')) line_.pop_back();
  line_complete_ = true;
  bytes.remove_prefix(end + 1);
  return true;
}

bool MessageReader::take_piece(std::string_view& bytes) {
  if (bytes.empty()) return false;
  piece_ = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= piece_.size();
  bytes.remove_prefix(piece_.size());
  return true;
}

std::string_view MessageReader::start_line() const noexcept {
  return std::string_view(head_).substr(0, head_.find("\r\n"));
}

std::optional<std::string_view> MessageReader::header(std::string_view name) const noexcept {
  std::string_view rest(head_);
  while (true) {
    const auto end_of_line = rest.find("\r\n");
    if (end_of_line == rest.npos) return std::nullopt;
    rest.remove_prefix(end_of_line + 2);
    const auto colon = rest.find(':');
    if (colon == rest.npos) return std::nullopt;
    if (same_name(rest.substr(0, colon), name)) {
      return trimmed(rest.substr(colon + 1, rest.find("\r\n") - colon - 1));
    }
  }
}

int MessageReader::status() const noexcept {
  const auto line = start_line();
  const auto blank = line.find(' ');
  if (blank == line.npos) return 0;
  return number<int>(line.substr(blank + 1, 3), 10).value_or(0);
}

}  // namespace keypool::bench
