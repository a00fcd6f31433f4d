#include "secrets/value.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace keypool::secrets {
namespace {

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

bool is_utf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

/// Editors of other systems end lines with \r\n or \r; the pool knows \n.
void end_lines_with_newline(WipedText& text) {
  char* const begin = text.data();
  char* const end = begin + text.size();
  char* to = begin;
  for (const char* from = begin; from != end; ++from) {
    if (*from != '\r') {
      *to++ = *from;
    } else if (from + 1 == end || from[1] != '\n') {
      *to++ = '\n';
    }
  }
  text.truncate(static_cast<std::size_t>(to - begin));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Docker's --env-file and hand-written files keep the quotes of `KEY="value"`.
std::string_view without_quotes(std::string_view text) {
  if (text.size() < 2) return text;
  const char quote = text.front();
  if ((quote != '"' && quote != '\'') || text.back() != quote) return text;
  const auto inside = text.substr(1, text.size() - 2);
  return inside.find(quote) == inside.npos ? trimmed(inside) : text;
}

/// Why a byte of `text` could not go into a request's header; empty when all could.
std::string_view unfit_byte(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return "holds a NUL byte";
    if (byte >= 0x80) return "holds a character outside of ASCII, which no API key does";
    if ((byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7F) {
      return "holds a control character";
    }
    if (c == '"' || c == '\'') return "holds quotes; write the keys without them";
  }
  return {};
}

std::size_t longest_key(std::string_view text) {
  std::size_t longest = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(",\n"), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return longest;
}

}  // namespace

std::expected<Secret, std::string> make_secret(WipedText raw) {
  if (is_utf16(raw.view())) return std::unexpected("UTF-16 text; expected UTF-8");
  end_lines_with_newline(raw);
  const auto value = without_quotes(trimmed(without_byte_order_mark(raw.view())));
  if (value.empty()) return std::unexpected("empty");
  if (const auto why = unfit_byte(value); !why.empty()) return std::unexpected(std::string(why));
  if (const auto size = longest_key(value); size > kMaxKeyBytes) {
    return std::unexpected(
        fmt::format("holds a key of {} bytes; none is longer than {}", size, kMaxKeyBytes));
  }
  return Secret(value);
}

}  // namespace keypool::secrets
