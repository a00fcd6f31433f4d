#include "provider/target.h"

#include <charconv>

namespace keypool::provider {

std::string_view path_of(std::string_view target) noexcept {
  return target.substr(0, target.find_first_of("?#"));
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* const digits = text.data() + i + 1;
      if (const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
          error == std::errc{} && end == digits + 2) {
        out.push_back(static_cast<char>(byte));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::optional<std::string_view> query_value(std::string_view target,
                                            std::string_view name) noexcept {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view query = target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    if (field.size() > name.size() && field[name.size()] == '=' && field.starts_with(name)) {
      return field.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> segment_after(std::string_view path,
                                              std::string_view before) noexcept {
  const std::size_t found = path.find(before);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = path.substr(found + before.size());
  return rest.substr(0, rest.find('/'));
}

}  // namespace keypool::provider
