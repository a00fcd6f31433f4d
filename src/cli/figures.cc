#include "cli/figures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace keypool::cli {

using std::chrono::milliseconds;

std::string whole_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string short_count(std::uint64_t count) {
  constexpr std::array units{"k", "M", "G", "T", "P", "E"};
  if (count < 1000) return std::to_string(count);
  double scaled = static_cast<double>(count);
  std::size_t unit = 0;
  for (scaled /= 1000; scaled >= 999.5 && unit + 1 < units.size(); ++unit) scaled /= 1000;
  return scaled < 9.95 ? fmt::format("{:.1f}{}", scaled, units[unit])
                       : fmt::format("{:.0f}{}", scaled, units[unit]);
}

std::string duration_text(milliseconds duration) {
  if (duration < milliseconds(1000))
    return fmt::format("{}ms", std::max<long>(0, duration.count()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto pair = [](long large, const char* large_unit, long small, const char* small_unit) {
    return small == 0 ? fmt::format("{}{}", large, large_unit)
                      : fmt::format("{}{} {}{}", large, large_unit, small, small_unit);
  };
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return pair(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86400) return pair(seconds / 3600, "h", seconds % 3600 / 60, "m");
  return pair(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string until_text(std::optional<milliseconds> ahead) {
  if (!ahead) return {};
  return *ahead <= milliseconds(0) ? "now" : "in " + duration_text(*ahead);
}

std::string counted(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", whole_count(count), singular, count == 1 ? "" : "s");
}

std::string bar(double share, std::size_t width) {
  constexpr std::array eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double bounded = std::clamp(share, 0.0, 1.0);
  auto filled = static_cast<std::size_t>(std::lround(bounded * static_cast<double>(width) * 8));
  if (bounded > 0) filled = std::max<std::size_t>(filled, 1);
  std::string text;
  for (std::size_t i = 0; i < filled / 8; ++i) text += "█";
  text += eighths[filled % 8];
  for (std::size_t i = (filled + 7) / 8; i < width; ++i) text += "░";
  return text;
}

}  // namespace keypool::cli
