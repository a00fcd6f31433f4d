#include "lab/duration.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace keypool::lab {
namespace {

using std::chrono::milliseconds;

std::optional<double> milliseconds_in(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return std::nullopt;
}

/// `7.66`, `20`, `0.5`: seconds without trailing zeros.
std::string plain_seconds(long long count) {
  std::string text = fmt::format("{}.{:03}", count / 1000, count % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  constexpr double kMost = 1e12;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const auto unit = milliseconds_in(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!unit || number * *unit > kMost) return std::nullopt;
  return milliseconds(std::llround(number * *unit));
}

std::string go_duration(std::chrono::nanoseconds duration) {
  const long long count = std::chrono::ceil<milliseconds>(duration).count();
  if (count <= 0) return "0s";
  if (count < 1000) return fmt::format("{}ms", count);
  const long long minutes = count / 60'000;
  const std::string seconds = plain_seconds(count % 60'000) + "s";
  if (minutes == 0) return seconds;
  if (minutes < 60) return fmt::format("{}m{}", minutes, seconds);
  return fmt::format("{}h{}m{}", minutes / 60, minutes % 60, seconds);
}

std::string whole_seconds(std::chrono::nanoseconds duration) {
  return fmt::format("{}", std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace keypool::lab
