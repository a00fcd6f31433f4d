#include "pool/key_list.h"

namespace keypool::pool {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::string_view kSeparators = ",\n\r";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::vector<ListedKey> split_keys(std::string_view name, std::string_view value) {
  std::vector<ListedKey> keys;
  value = trim(value);
  if (value.find_first_of(kSeparators) == std::string_view::npos) {
    if (!value.empty()) keys.push_back({std::string(name), Secret(value)});
    return keys;
  }
  for (std::size_t number = 0;; ++number) {
    const auto end = value.find_first_of(kSeparators);
    const auto item = trim(value.substr(0, end));
    if (!item.empty()) {
      keys.push_back({std::string(name) + '[' + std::to_string(number) + ']', Secret(item)});
    }
    if (end == std::string_view::npos) return keys;
    // A Windows line end is one separator, not two.
    const bool line_end = value.substr(end, 2) == "\r\n";
    value.remove_prefix(end + (line_end ? 2 : 1));
  }
}

}  // namespace keypool::pool
