#include "secrets/env_line.h"

#include <algorithm>
#include <utility>

namespace keypool::secrets {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view without_space_before(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

std::string_view without_space_after(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

bool holds_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_variable_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

std::string_view without_export(std::string_view line) {
  constexpr std::string_view kExport = "export";
  if (!line.starts_with(kExport)) return line;
  const auto rest = line.substr(kExport.size());
  return rest.starts_with(' ') || rest.starts_with('\t') ? without_space_before(rest) : line;
}

/// The text before a `#` that follows white space.
std::string_view without_comment(std::string_view text) {
  for (auto at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    if (at > 0 && kSpace.find(text[at - 1]) != kSpace.npos) return text.substr(0, at);
  }
  return text;
}

bool only_a_comment(std::string_view text) {
  text = without_space_before(text);
  return text.empty() || text.starts_with('#');
}

/// `text` begins with the opening quote.
std::expected<WipedText, std::string_view> quoted_value(std::string_view text) {
  const char quote = text.front();
  WipedText value(text.size());
  std::size_t size = 0;
  for (std::size_t at = 1; at < text.size(); ++at) {
    char c = text[at];
    if (c == quote) {
      if (!only_a_comment(text.substr(at + 1))) {
        return std::unexpected("text after the closing quote");
      }
      value.truncate(size);
      return value;
    }
    if (c == '\\' && quote == '"' && at + 1 < text.size()) {
      const char next = text[at + 1];
      if (std::string_view("\"\\$`").find(next) != std::string_view::npos) {
        c = next;
        ++at;
      } else if (next == 'n') {
        c = '\n';
        ++at;
      }
    }
    value.data()[size++] = c;
  }
  return std::unexpected("the closing quote is missing");
}

std::expected<WipedText, std::string_view> value_of(std::string_view after_equals) {
  const auto text = without_space_before(after_equals);
  if (text.starts_with('"') || text.starts_with('\'')) return quoted_value(text);
  return WipedText(without_space_before(without_space_after(without_comment(after_equals))));
}

}  // namespace

std::expected<std::optional<Assignment>, std::string_view> read_env_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (only_a_comment(line)) return std::nullopt;
  if (holds_control_character(line)) return std::unexpected("a NUL or another control character");

  line = without_export(without_space_before(line));
  const auto equals = line.find('=');
  if (equals == line.npos) return std::unexpected("no `=`; expected NAME=value");
  const auto name = without_space_after(line.substr(0, equals));
  if (!is_variable_name(name)) {
    return std::unexpected("what stands before the `=` is not the name of a variable");
  }
  auto value = value_of(line.substr(equals + 1));
  if (!value) return std::unexpected(value.error());
  if (value->size() == 0) return std::unexpected("no value after the `=`");
  return Assignment{std::string(name), std::move(*value)};
}

}  // namespace keypool::secrets
