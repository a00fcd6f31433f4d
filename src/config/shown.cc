#include "config/shown.h"

#include <fmt/format.h>

#include "secrets/key_shape.h"

namespace keypool::config {
namespace {

bool may_be_secret(std::string_view text) {
  return secrets::key_shape(text) || secrets::looks_random(text);
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 60;
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  if (text.size() <= kMost) return out;
  // A character of several bytes is not cut in two.
  while (!out.empty() && static_cast<unsigned char>(text[out.size()]) >> 6 == 0b10) out.pop_back();
  return out + "…";
}

}  // namespace

std::string shown(std::string_view value) {
  if (may_be_secret(value)) return "what looks like a secret";
  return fmt::format("\"{}\"", printable(value));
}

std::string shown_name(std::string_view name) {
  return may_be_secret(name) ? "(a secret)" : printable(name);
}

}  // namespace keypool::config
