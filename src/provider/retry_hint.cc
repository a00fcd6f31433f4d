#include "provider/retry_hint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "provider/calendar.h"
#include "provider/dialect.h"
#include "provider/error_facts.h"
#include "provider/media_type.h"
#include "provider/phrase.h"

namespace keypool::provider {

namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  double milliseconds;
};

// Longer names first where one begins with another.
constexpr std::array<Unit, 7> kUnits{
    {{"ms", 1}, {"us", 1e-3}, {"µs", 1e-3}, {"ns", 1e-6}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
constexpr Unit kDay{"d", 86400e3};

// What a sentence calls them, by their beginning: `26 seconds`, `1 min`.
constexpr std::array<Unit, 8> kSpokenUnits{{{"millisecond", 1},
                                            {"second", 1e3},
                                            {"sec", 1e3},
                                            {"minute", 60e3},
                                            {"min", 60e3},
                                            {"hour", 3600e3},
                                            {"hr", 3600e3},
                                            {"day", 86400e3}}};

milliseconds rounded(double ms) {
  const double longest = static_cast<double>(kLongestHint.count());
  // A hair below the next millisecond is the arithmetic's, not the provider's.
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::min(ms, longest) - 1e-6)));
}

// A decimal number without sign or exponent, taken off the front.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

const Unit* take_unit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  if (text.starts_with(kDay.name)) {
    text.remove_prefix(kDay.name.size());
    return &kDay;
  }
  return nullptr;
}

std::optional<milliseconds> parse_number_of(std::string_view text, double unit) {
  text = trimmed(text);
  const auto value = take_number(text);
  if (!value || !text.empty()) return std::nullopt;
  return rounded(*value * unit);
}

// `7.66s.`, `1m12s and …`, `26 seconds.`: as much of a sentence's rest as is a duration.
std::optional<milliseconds> read_spoken(std::string_view text) {
  if (const std::size_t blank = text.find_first_not_of("0123456789.");
      blank != text.npos && text[blank] == ' ') {
    std::string_view rest = text;
    const auto value = take_number(rest);
    if (!value) return std::nullopt;
    rest = trimmed(rest);
    for (const Unit& unit : kSpokenUnits) {
      if (starts_with_phrase(rest, unit.name)) return rounded(*value * unit.milliseconds);
    }
    return std::nullopt;
  }
  std::string_view token = text.substr(0, text.find_first_of(" ,;)\"'\n"));
  while (token.ends_with('.')) token.remove_suffix(1);
  return parse_duration(token);
}

std::optional<milliseconds> hint_in_text(std::string_view text) {
  for (const std::string_view phrase : {"try again in ", "retry in ", "retry after "}) {
    for (std::size_t found = text.find(phrase); found != std::string_view::npos;
         found = text.find(phrase, found + phrase.size())) {
      if (const auto hint = read_spoken(text.substr(found + phrase.size()))) return hint;
    }
  }
  return std::nullopt;
}

std::optional<milliseconds> until(WallTime then, WallTime now) {
  return std::clamp(std::chrono::duration_cast<milliseconds>(then - now), milliseconds(0),
                    kLongestHint);
}

std::optional<double> number_in(std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  std::string_view text = trimmed(*value);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto number = take_number(text);
  if (!number || !text.empty()) return std::nullopt;
  return negative ? -*number : *number;
}

// The header that tells `part` of the same dimension as a reset header:
// `x-ratelimit-remaining-tokens` for `x-ratelimit-reset-tokens`.
std::optional<double> sibling(http::Headers headers, std::string_view reset_name,
                              std::string_view part) {
  constexpr std::string_view kReset = "reset";
  std::string name(reset_name);
  name.replace(find_phrase(name, kReset), kReset.size(), part);
  return number_in(http::find(headers, name));
}

// Of the dimensions that have nothing left, all must be open again.
std::optional<milliseconds> hint_in_resets(http::Headers headers, WallTime now) {
  std::optional<milliseconds> longest;
  for (const http::Header& header : headers) {
    if (!describes_limits(header.name) || find_phrase(header.name, "reset") == std::string::npos) {
      continue;
    }
    // Cohere names only the reset.
    const bool bare = http::same_name(header.name, "x-ratelimit-reset");
    if (sibling(headers, header.name, "remaining").value_or(bare ? 0 : 1) > 0) continue;
    if (sibling(headers, header.name, "limit").value_or(1) <= 0) continue;
    const auto reset = parse_reset(header.value, now);
    if (reset && (!longest || *reset > *longest)) longest = reset;
  }
  return longest;
}

std::optional<milliseconds> hint_in_milliseconds(http::Headers headers, std::string_view name) {
  const auto value = http::find(headers, name);
  return value ? parse_number_of(*value, 1) : std::nullopt;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  text = trimmed(text);
  double total = 0;
  bool first = true;
  while (first || !text.empty()) {
    const auto value = take_number(text);
    if (!value) return std::nullopt;
    if (first && text.empty()) return rounded(*value * 1e3);
    const Unit* const unit = take_unit(text);
    if (unit == nullptr) return std::nullopt;
    total += *value * unit->milliseconds;
    first = false;
  }
  return rounded(total);
}

std::optional<milliseconds> parse_reset(std::string_view text, WallTime now) {
  constexpr double kUnixSeconds = 1e9;  // a number this large is a moment, not a duration
  constexpr double kUnixMilliseconds = 1e12;
  text = trimmed(text);
  if (const auto number = number_in(text); number && *number >= kUnixSeconds) {
    const double ms = *number >= kUnixMilliseconds ? *number : *number * 1e3;
    const auto then = milliseconds(static_cast<std::int64_t>(std::min(ms, 1e15)));
    return until(WallTime(then), now);
  }
  if (const auto duration = parse_duration(text)) return duration;
  if (const auto date = parse_rfc3339(text)) return until(*date, now);
  if (const auto date = parse_http_date(text)) return until(*date, now);
  return std::nullopt;
}

std::optional<milliseconds> retry_hint(http::Headers headers, const ErrorFacts& facts,
                                       WallTime wall) {
  const auto date = http::find(headers, "date");
  const WallTime now = date ? parse_http_date(trimmed(*date)).value_or(wall) : wall;
  const auto retry_after = http::find(headers, "retry-after");

  bool said_zero = false;
  for (const auto hint :
       {hint_in_milliseconds(headers, "retry-after-ms"),
        hint_in_milliseconds(headers, "x-ms-retry-after-ms"),
        retry_after ? parse_reset(*retry_after, now) : std::nullopt, facts.retry_delay,
        facts.quota_reset_delay, hint_in_text(facts.message), hint_in_resets(headers, now)}) {
    if (hint && hint->count() > 0) return hint;
    said_zero = said_zero || hint.has_value();
  }
  return said_zero ? std::optional(milliseconds(0)) : std::nullopt;
}

std::optional<milliseconds> retry_hint(http::Headers headers, std::string_view body,
                                       WallTime wall) {
  return retry_hint(headers, read_error(body), wall);
}

}  // namespace keypool::provider
