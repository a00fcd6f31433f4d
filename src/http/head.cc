#include "http/head.h"

#include <algorithm>
#include <optional>

#include "http/characters.h"

namespace keypool::http {
namespace {

std::unexpected<Refusal> refuse(int status, std::string_view what) {
  return std::unexpected(Refusal{status, what});
}

std::unexpected<Refusal> too_large(std::size_t line_begin) {
  if (line_begin == 0) return refuse(414, "the first line is too long");  // RFC 9112 §3
  return refuse(431, "the head is too large");
}

// Some servers take `_` for `-` in a name, and would see a framing that is none here. Both names
// are of one length.
bool imitates(std::string_view name, std::string_view framing) {
  const auto dash = framing.find('-');
  return name[dash] == '_' && same_name(name.substr(0, dash), framing.substr(0, dash)) &&
         same_name(name.substr(dash + 1), framing.substr(dash + 1));
}

constexpr std::string_view kImitation =
    "a header that imitates Content-Length or Transfer-Encoding";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The next item of a comma-separated list, taken off its front; nothing when the list is at its
// end.
std::optional<std::string_view> next_item(std::string_view& list) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto item = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (!item.empty()) return item;
  }
  return std::nullopt;
}

// Digits alone: no sign, no blank, no list (RFC 9110 §8.6 lets a recipient refuse those).
std::optional<std::uint64_t> parse_length(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// `HTTP/1.x`; -1 when it is none.
int parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  return -1;
}

bool is_other_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && text[5] >= '0' && text[5] <= '9' &&
         text[6] == '.' && text[7] >= '0' && text[7] <= '9';
}

// Whether each `%` of a path stands before two hexadecimal digits (RFC 3986 §2.1): what else it
// could mean, decoders do not agree upon.
bool decodes(std::string_view path) {
  for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const auto code = path.substr(at + 1, 2);
    if (code.size() < 2 || !all(code, kHex)) return false;
  }
  return true;
}

// A line of `lines`, taken off their front without its CRLF.
std::string_view next_line(std::string_view& lines) {
  const auto end = lines.find("\r\n");
  const auto line = lines.substr(0, end);
  lines.remove_prefix(end + 2);
  return line;
}

}  // namespace

std::size_t empty_lines(std::string_view bytes) noexcept {
  std::size_t size = 0;
  while (bytes.substr(size).starts_with("\r\n")) size += 2;
  return size;
}

bool Head::is_connection_option(std::string_view name) const noexcept {
  return std::any_of(connection_options_.begin(), connection_options_.end(),
                     [name](std::string_view option) { return same_name(option, name); });
}

void Head::reset() {
  // A large head is rare; its memory is not kept for the next.
  constexpr std::size_t kWorthKeeping = 2048;
  if (bytes_.capacity() > kWorthKeeping) std::string().swap(bytes_);
  headers_.clear();
  connection_options_.clear();
  framing_ = {};
  minor_version_ = 1;
  keeps_alive_ = true;
  declared_length_ = 0;
  has_length_ = has_transfer_encoding_ = chunked_ = says_close_ = says_keep_alive_ = false;
  searched_ = line_begin_ = 0;
}

std::expected<std::size_t, Refusal> Head::find_end(std::string_view bytes,
                                                   const HeadLimits& limits) {
  for (;;) {
    const auto lf = bytes.find('\n', searched_);
    if (lf == std::string_view::npos) {
      searched_ = bytes.size();
      if (bytes.size() >= limits.bytes) return too_large(line_begin_);
      return 0;
    }
    // A line ends with CRLF and nothing else (RFC 9112 §2.2 lets a recipient accept a bare LF).
    if (lf == 0 || bytes[lf - 1] != '\r') return refuse(400, "a line ends without CR");
    if (lf >= limits.bytes) return too_large(line_begin_);
    const bool empty = lf - line_begin_ == 1;
    searched_ = line_begin_ = lf + 1;
    if (empty) return searched_;
  }
}

std::expected<void, Refusal> Head::read_fields(std::string_view lines, const HeadLimits& limits) {
  while (!lines.empty()) {
    const auto line = next_line(lines);
    if (line.empty()) break;
    // RFC 9112 §5.2: a folded line is refused, or a recipient that does not fold sees another
    // field.
    if (is_blank(line.front())) return refuse(400, "a header line is folded");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return refuse(400, "a header line has no colon");
    const Header header{line.substr(0, colon), trim(line.substr(colon + 1))};
    // RFC 9112 §5.1: no blank between name and colon; a token has none.
    if (header.name.empty() || !all(header.name, kToken)) {
      return refuse(400, "a header name is no token");
    }
    if (!all(header.value, kText)) return refuse(400, "a header value has control characters");
    if (headers_.size() == limits.headers) return refuse(431, "there are too many headers");
    headers_.push_back(header);
    if (auto noted = note(header); !noted) return noted;
  }

  if (has_length_ && has_transfer_encoding_) {
    return refuse(400, "both Content-Length and Transfer-Encoding");  // RFC 9112 §6.3
  }
  if (has_transfer_encoding_ && minor_version_ == 0) {
    return refuse(400, "Transfer-Encoding in HTTP/1.0");  // RFC 9112 §6.1
  }
  keeps_alive_ = !says_close_ && (minor_version_ == 1 || says_keep_alive_);
  return {};
}

std::expected<void, Refusal> Head::note(const Header& header) {
  switch (header.name.size()) {
    case 10:
      if (!same_name(header.name, "connection")) break;
      for (auto list = header.value; const auto option = next_item(list);) {
        if (same_name(*option, "close")) {
          says_close_ = true;
        } else if (same_name(*option, "keep-alive")) {
          says_keep_alive_ = true;
        } else {
          connection_options_.push_back(*option);
        }
      }
      break;
    case 14: {
      if (imitates(header.name, "content-length")) return refuse(400, kImitation);
      if (!same_name(header.name, "content-length")) break;
      const auto length = parse_length(header.value);
      if (!length) return refuse(400, "Content-Length is no number");
      if (has_length_ && declared_length_ != *length) {
        return refuse(400, "two Content-Lengths that differ");
      }
      has_length_ = true;
      declared_length_ = *length;
      break;
    }
    case 17:
      if (imitates(header.name, "transfer-encoding")) return refuse(400, kImitation);
      if (!same_name(header.name, "transfer-encoding")) break;
      // RFC 9112 §6.1: chunked is the last coding and stands once. No other is understood here.
      if (chunked_) return refuse(400, "more than one Transfer-Encoding");
      if (!same_name(header.value, "chunked")) {
        return refuse(501, "a Transfer-Encoding other than chunked");
      }
      has_transfer_encoding_ = chunked_ = true;
      break;
    default:
      break;
  }
  return {};
}

void RequestHead::clear() {
  reset();
  method_ = target_ = {};
  expects_continue_ = false;
}

std::expected<std::size_t, Refusal> RequestHead::read(std::string_view bytes,
                                                      const HeadLimits& limits) {
  // What cannot begin a request is refused at once, not when its sender gets tired.
  if (bytes == "\r") return 0;
  if (!bytes.empty() && !is(bytes.front(), kToken)) return refuse(400, "this is no HTTP request");
  const auto end = find_end(bytes, limits);
  if (!end || *end == 0) return end;

  bytes_.assign(bytes.substr(0, *end));
  std::string_view lines = bytes_;
  minor_version_ = 1;
  if (auto line = read_line(next_line(lines)); !line) return std::unexpected(line.error());
  if (auto fields = read_fields(lines, limits); !fields) return std::unexpected(fields.error());
  if (auto decided = decide(); !decided) return std::unexpected(decided.error());
  return *end;
}

// RFC 9112 §3: method SP request-target SP HTTP-version, with exactly these blanks.
std::expected<void, Refusal> RequestHead::read_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(400, "the request line has not three parts");
  }
  method_ = line.substr(0, first);
  target_ = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  minor_version_ = parse_version(version);
  if (minor_version_ < 0) {
    return is_other_version(version) ? refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                                     : refuse(400, "the request line has no HTTP version");
  }
  if (method_.empty() || !all(method_, kToken)) return refuse(400, "the method is no token");
  if (method_ == "CONNECT" || method_ == "TRACE") return refuse(501, "this method is not relayed");
  if (target_.empty() || target_.front() != '/') {
    return refuse(400, "the request target is not a path");
  }
  if (!all(target_, kTarget)) {
    return refuse(400, "the request target has characters that must be percent-encoded");
  }
  if (!decodes(target_.substr(0, target_.find('?')))) {
    return refuse(400, "the request target has a % that encodes nothing");
  }
  return {};
}

std::expected<void, Refusal> RequestHead::decide() {
  // RFC 9112 §3.2: exactly one Host in HTTP/1.1, at most one in HTTP/1.0.
  std::size_t hosts = 0;
  for (const auto& header : headers_) {
    if (header.name.size() == 4 && same_name(header.name, "host")) {
      ++hosts;
      if (!all(header.value, kHost)) return refuse(400, "Host is malformed");
    } else if (header.name.size() == 6 && same_name(header.name, "expect")) {
      if (!same_name(header.value, "100-continue")) return refuse(417, "Expect is not understood");
      expects_continue_ = minor_version_ == 1;  // RFC 9110 §10.1.1
    }
  }
  if (hosts > 1) return refuse(400, "more than one Host");
  if (hosts == 0 && minor_version_ == 1) return refuse(400, "Host is missing");

  if (chunked_) {
    framing_.kind = Framing::Kind::chunked;
  } else if (has_length_ && declared_length_ > 0) {
    framing_ = {Framing::Kind::length, declared_length_};
  }
  return {};
}

void ResponseHead::clear() {
  reset();
  status_ = 0;
  reason_ = {};
}

std::expected<std::size_t, Refusal> ResponseHead::read(std::string_view bytes,
                                                       std::string_view request_method,
                                                       const HeadLimits& limits) {
  if (!bytes.empty() && bytes.front() != 'H') return refuse(502, "the answer is no HTTP");
  const auto end = find_end(bytes, limits);
  if (!end || *end == 0) return end;

  bytes_.assign(bytes.substr(0, *end));
  std::string_view lines = bytes_;
  if (auto line = read_line(next_line(lines)); !line) return std::unexpected(line.error());
  if (auto fields = read_fields(lines, limits); !fields) return std::unexpected(fields.error());
  if (auto decided = decide(request_method); !decided) return std::unexpected(decided.error());
  return *end;
}

// RFC 9112 §4: HTTP-version SP status-code SP [reason]; a missing last blank is common and
// harmless.
std::expected<void, Refusal> ResponseHead::read_line(std::string_view line) {
  constexpr std::size_t kVersionSize = 8;
  constexpr std::size_t kReasonBegin = kVersionSize + 5;
  minor_version_ = parse_version(line.substr(0, kVersionSize));
  if (minor_version_ < 0) return refuse(502, "the answer has no HTTP/1.x version");
  line.remove_prefix(kVersionSize);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 4 || line[0] != ' ' || !digit(line[1]) || !digit(line[2]) || !digit(line[3]) ||
      (line.size() > 4 && line[4] != ' ')) {
    return refuse(502, "the answer has no status");
  }
  status_ = (line[1] - '0') * 100 + (line[2] - '0') * 10 + (line[3] - '0');
  if (status_ < 100 || status_ > 599) return refuse(502, "the answer has no known status");
  reason_ = line.size() > kReasonBegin - kVersionSize ? line.substr(kReasonBegin - kVersionSize)
                                                      : std::string_view();
  if (!all(reason_, kText)) return refuse(502, "the reason has control characters");
  return {};
}

// RFC 9112 §6.3, in its order.
std::expected<void, Refusal> ResponseHead::decide(std::string_view request_method) {
  if (request_method == "HEAD" || interim() || status_ == 204 || status_ == 304) {
    framing_.kind = Framing::Kind::none;
  } else if (chunked_) {
    framing_.kind = Framing::Kind::chunked;
  } else if (has_length_) {
    if (declared_length_ > 0) framing_ = {Framing::Kind::length, declared_length_};
  } else {
    framing_.kind = Framing::Kind::until_close;
    keeps_alive_ = false;
  }
  return {};
}

}  // namespace keypool::http
