#include "config/number.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace keypool::config {
namespace {

constexpr std::string_view kDigits = "0123456789";

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

constexpr std::array kUnits = {
    Unit{"KiB", 1ull << 10},
    Unit{"MiB", 1ull << 20},
    Unit{"GiB", 1ull << 30},
    Unit{"KB", 1000},
    Unit{"MB", 1000'000},
    Unit{"GB", 1000'000'000},
    Unit{"B", 1},
};

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  if (text.empty() || text.find_first_not_of(kDigits) != text.npos) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<double> take_decimal(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = text.substr(0, end);
  if (number.empty() || number.front() == '.' || number.back() == '.') return std::nullopt;
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                             std::chars_format::fixed);
  if (error != std::errc() || stop != number.data() + number.size()) return std::nullopt;
  text.remove_prefix(end);
  return value;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t unit = 1;
  const auto found = std::ranges::find_if(
      kUnits, [text](const Unit& candidate) { return text.ends_with(candidate.name); });
  if (found != kUnits.end()) {
    unit = found->bytes;
    text.remove_suffix(found->name.size());
    if (text.ends_with(' ')) text.remove_suffix(1);
  }
  const auto number = parse_whole(text);
  if (!number || *number > UINT64_MAX / unit) return std::nullopt;
  return *number * unit;
}

}  // namespace keypool::config
