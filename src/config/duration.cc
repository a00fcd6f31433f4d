#include "config/duration.h"

#include <algorithm>
#include <array>

#include "config/number.h"

namespace keypool::config {
namespace {

struct Unit {
  std::string_view name;
  double milliseconds;
};

/// `ms` stands before `m`, of which it would else be the beginning.
constexpr std::array kUnits = {Unit{"ms", 1}, Unit{"s", 1e3}, Unit{"m", 60e3}, Unit{"h", 3600e3},
                               Unit{"d", 86400e3}};

constexpr double kMost = 10 * 365 * 86400e3;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double total = 0;
  do {
    const auto number = take_decimal(text);
    if (!number) return std::nullopt;
    const auto unit = std::ranges::find_if(
        kUnits, [text](const Unit& candidate) { return text.starts_with(candidate.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += *number * unit->milliseconds;
  } while (!text.empty());
  if (total > kMost) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(total + 0.5));
}

}  // namespace keypool::config
