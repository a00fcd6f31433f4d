#include "provider/json_scan.h"

namespace keypool::provider {

namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code unit of `\uXXXX` at `p`, which points at the backslash; -1 when it is none.
int code_unit(const char* p, const char* end) noexcept {
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return -1;
  int unit = 0;
  for (int i = 2; i < 6; ++i) {
    const int digit = hex_digit(p[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto push = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | code >> 6);
    push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3f));
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  }
}

}  // namespace

std::string JsonText::unescaped() const {
  if (!escaped) return std::string(head);
  std::string out;
  out.reserve(head.size());
  const char* const end = head.data() + head.size();
  for (const char* p = head.data(); p != end; ++p) {
    if (*p != '\\' || p + 1 == end) {
      out.push_back(*p);
      continue;
    }
    const int unit = code_unit(p, end);
    if (unit < 0) {
      constexpr std::string_view kLetters = "nrtbf";
      constexpr std::string_view kMeant = "\n\r\t\b\f";
      const std::size_t letter = kLetters.find(*++p);
      out.push_back(letter == std::string_view::npos ? *p : kMeant[letter]);
      continue;
    }
    p += 5;
    auto code = static_cast<std::uint32_t>(unit);
    const int low = code >= 0xd800 && code < 0xdc00 ? code_unit(p + 1, end) : -1;
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<std::uint32_t>(low) - 0xdc00);
      p += 6;
    } else if (code >= 0xd800 && code < 0xe000) {
      code = 0xfffd;  // half of a pair stands for nothing
    }
    append_utf8(out, code);
  }
  return out;
}

void JsonScan::reset() noexcept {
  path_ = 0;
  depth_ = 0;
  in_ = In::between;
  before_ = 0;
}

void JsonScan::keep(const char* end) noexcept {
  const auto size = static_cast<std::size_t>(end - token_);
  const std::size_t room = std::min(size, kKeptBytes - kept_);
  if (room != 0) std::memcpy(kept_bytes_ + kept_, token_, room);
  kept_ = static_cast<std::uint16_t>(kept_ + room);
  cut_bytes_ += size;
}

JsonText JsonScan::token(const char* end) noexcept {
  const auto here = static_cast<std::size_t>(end - token_);
  if (cut_bytes_ == 0) return {{token_, here}, here, escaped_};
  keep(end);
  return {{kept_bytes_, kept_}, cut_bytes_, escaped_};
}

void JsonScan::descend(Word inner) noexcept {
  if (depth_ == kPathDepth) saved_ = path_;
  ++depth_;
  path_ = (depth_ <= kPathDepth ? path_ << 8 : kLost) | inner;
}

void JsonScan::ascend() noexcept {
  --depth_;
  if (depth_ < kPathDepth) {
    path_ >>= 8;
  } else {
    path_ = depth_ == kPathDepth ? saved_ : kLost;
  }
}

void JsonScan::name(const JsonText& text) noexcept {
  if (depth_ == 0) return;  // no JSON: a name needs an object around it
  if (!text.whole()) return name_is(kOtherName);
  name_is(text.escaped ? find_word(text.unescaped()) : find_word(text.head));
}

}  // namespace keypool::provider
