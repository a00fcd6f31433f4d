#include "provider/limit_headers.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include "provider/media_type.h"
#include "provider/phrase.h"
#include "provider/retry_hint.h"

namespace keypool::provider {

namespace {

using std::chrono::milliseconds;

enum class Part : std::uint8_t { limit, remaining, reset };

struct NamedPart {
  std::string_view name;
  Part part;
};

constexpr NamedPart kParts[] = {
    {"limit", Part::limit}, {"remaining", Part::remaining}, {"reset", Part::reset}};

// What one group of headers counts, before it is known over which period.
enum class Counted : std::uint8_t {
  requests,  // of a minute or a day
  requests_per_minute,
  requests_per_day,
  tokens_per_minute,
  tokens_per_day,
  input_tokens_per_minute,
  output_tokens_per_minute,
  project_tokens,
  usage_based_tokens,
  priority_input_tokens,
  priority_output_tokens,
  bare,  // OpenRouter's requests, or Together's
  tokens_per_second,
};

constexpr std::size_t kCounted = 13;

struct Row {
  std::string_view name;
  Counted counted;
};

// `x-ratelimit-limit-requests`, `x-ratelimit-limit`
constexpr Row kXRateLimit[] = {
    {"requests", Counted::requests},
    {"tokens", Counted::tokens_per_minute},
    {"", Counted::bare},
    {"project-tokens", Counted::project_tokens},  // OpenAI
    {"tokens_usage_based", Counted::usage_based_tokens},
    {"req-minute", Counted::requests_per_minute},  // Mistral
    {"requests-minute", Counted::requests_per_minute},
    {"requests-day", Counted::requests_per_day},  // Cerebras
    {"tokens-minute", Counted::tokens_per_minute},
    {"tokens-day", Counted::tokens_per_day},
    {"tokens-prompt", Counted::input_tokens_per_minute},  // Fireworks
    {"tokens-generated", Counted::output_tokens_per_minute},
};

// `anthropic-ratelimit-requests-limit`
constexpr Row kAnthropicStandard[] = {
    {"requests", Counted::requests_per_minute},
    {"tokens", Counted::tokens_per_minute},
    {"input-tokens", Counted::input_tokens_per_minute},
    {"output-tokens", Counted::output_tokens_per_minute},
};

constexpr Row kAnthropicPriority[] = {
    {"input-tokens", Counted::priority_input_tokens},
    {"output-tokens", Counted::priority_output_tokens},
};

constexpr Row kTokensPerSecond[] = {{"", Counted::tokens_per_second}};
constexpr Row kTokensPerMinute[] = {{"", Counted::tokens_per_minute},
                                    {"minute", Counted::tokens_per_minute}};
constexpr Row kCallsPerMinute[] = {{"", Counted::requests_per_minute}};

enum class PartStands : std::uint8_t { first, last };

struct Family {
  std::string_view prefix;
  PartStands part;
  std::span<const Row> rows;
};

constexpr Family kFamilies[] = {
    {"x-ratelimit-", PartStands::first, kXRateLimit},
    {"anthropic-ratelimit-", PartStands::last, kAnthropicStandard},
    {"anthropic-priority-", PartStands::last, kAnthropicPriority},
    {"x-tokenlimit-", PartStands::first, kTokensPerSecond},          // Together
    {"ratelimitbysize-", PartStands::first, kTokensPerMinute},       // Mistral, older
    {"x-ratelimitbysize-", PartStands::first, kTokensPerMinute},     // Mistral, older
    {"x-trial-endpoint-call-", PartStands::first, kCallsPerMinute},  // Cohere
};

struct Told {
  std::optional<std::uint64_t> limit;
  std::optional<std::uint64_t> remaining;
  std::string_view reset;
};

using Groups = std::array<Told, kCounted>;

// A count, with a fraction where a provider computes one; nothing below nought.
std::optional<std::uint64_t> read_count(std::string_view text) noexcept {
  constexpr double kMost = 1e15;
  text = trimmed(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(value >= 0 && value <= kMost)) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

// Takes a part's name off the front, and the dash behind it, or off the back.
std::optional<Part> take_part(std::string_view& name, PartStands stands) noexcept {
  const bool first = stands == PartStands::first;
  const std::size_t dash = first ? name.find('-') : name.rfind('-');
  const bool alone = dash == std::string_view::npos;
  if (alone && !first) return std::nullopt;
  const std::string_view word = first ? name.substr(0, dash) : name.substr(dash + 1);
  for (const NamedPart& named : kParts) {
    if (!http::same_name(word, named.name)) continue;
    if (first) {
      name.remove_prefix(alone ? name.size() : dash + 1);
    } else {
      name.remove_suffix(name.size() - dash);
    }
    return named.part;
  }
  return std::nullopt;
}

void take(Told& told, Part part, std::string_view value) noexcept {
  switch (part) {
    case Part::limit:
      told.limit = read_count(value);
      break;
    case Part::remaining:
      told.remaining = read_count(value);
      break;
    case Part::reset:
      told.reset = trimmed(value);
      break;
  }
}

void read_header(const http::Header& header, Groups& groups) noexcept {
  for (const Family& family : kFamilies) {
    if (!starts_with_phrase(header.name, family.prefix)) continue;
    std::string_view name = header.name.substr(family.prefix.size());
    const auto part = take_part(name, family.part);
    if (!part) return;
    for (const Row& row : family.rows) {
      if (!http::same_name(row.name, name)) continue;
      take(groups[static_cast<std::size_t>(row.counted)], *part, header.value);
      return;
    }
    return;
  }
}

// Whether a limit that refills steadily is a day's: what is missing takes this long to come back.
bool refills_in_a_day(const Told& told) noexcept {
  using std::chrono::hours;
  // A plain number is the end of a fixed window (Azure), from which nothing follows.
  const bool has_unit = told.reset.find_first_of("hms") != std::string_view::npos;
  if (!has_unit || !told.limit || !told.remaining || *told.remaining >= *told.limit) return false;
  const auto reset = parse_duration(told.reset);
  if (!reset) return false;
  const double missing = static_cast<double>(*told.limit - *told.remaining);
  const double period =
      static_cast<double>(reset->count()) / missing * static_cast<double>(*told.limit);
  // What remains is a whole number, so that the period is only about right.
  return period >= static_cast<double>(milliseconds(hours(6)).count()) &&
         period <= static_cast<double>(milliseconds(hours(72)).count());
}

// The limit of a minute where one second's is told; what remains of a second says nothing.
Told minute_of_seconds(const Told& second) noexcept {
  constexpr std::uint64_t kSeconds = 60;
  if (!second.limit) return {};
  return {.limit = *second.limit * kSeconds, .remaining = {}, .reset = {}};
}

// OpenRouter's reset: the next minute, or the next midnight in UTC.
std::optional<Dimension> openrouter_period(const Told& told) noexcept {
  constexpr std::uint64_t kUnixMilliseconds = 1'000'000'000'000;
  constexpr std::uint64_t kDay = 86'400'000;
  const auto moment = read_count(told.reset);
  if (!moment || *moment < kUnixMilliseconds) return std::nullopt;
  return *moment % kDay == 0 ? Dimension::requests_per_day : Dimension::requests_per_minute;
}

LimitNotice notice(Dimension dimension, const Told& told) noexcept {
  return {.dimension = dimension, .limit = told.limit, .remaining = told.remaining};
}

// Whether `a` leaves less than `b`, as far as both tell.
bool leaves_less(const LimitNotice& a, const LimitNotice& b) noexcept {
  if (a.remaining && b.remaining && *a.remaining != *b.remaining) {
    return *a.remaining < *b.remaining;
  }
  if (a.limit && b.limit) return *a.limit < *b.limit;
  return a.limit.has_value() && !b.limit.has_value();
}

void settle(const Groups& groups, ToldLimits& limits) noexcept {
  static constexpr Told kNothing{};
  const auto told = [&](Counted counted) -> const Told& {
    const Told& group = groups[static_cast<std::size_t>(counted)];
    return group.limit == 0u ? kNothing : group;
  };
  const auto add = [&](Dimension dimension, Counted counted) {
    limits.add_tighter(notice(dimension, told(counted)));
  };

  add(refills_in_a_day(told(Counted::requests)) ? Dimension::requests_per_day
                                                : Dimension::requests_per_minute,
      Counted::requests);
  add(Dimension::requests_per_minute, Counted::requests_per_minute);
  add(Dimension::requests_per_day, Counted::requests_per_day);
  add(Dimension::tokens_per_minute, Counted::tokens_per_minute);
  add(Dimension::tokens_per_minute, Counted::project_tokens);
  add(Dimension::tokens_per_minute, Counted::usage_based_tokens);
  add(Dimension::tokens_per_day, Counted::tokens_per_day);
  add(Dimension::input_tokens_per_minute, Counted::input_tokens_per_minute);
  add(Dimension::output_tokens_per_minute, Counted::output_tokens_per_minute);

  const Told& tokens_per_second = told(Counted::tokens_per_second);
  if (tokens_per_second.limit) {
    limits.add_tighter(notice(Dimension::tokens_per_minute, minute_of_seconds(tokens_per_second)));
    limits.add_tighter(
        notice(Dimension::requests_per_minute, minute_of_seconds(told(Counted::bare))));
  } else if (const auto period = openrouter_period(told(Counted::bare))) {
    add(*period, Counted::bare);
  }

  limits.add_wider(
      notice(Dimension::input_tokens_per_minute, told(Counted::priority_input_tokens)));
  limits.add_wider(
      notice(Dimension::output_tokens_per_minute, told(Counted::priority_output_tokens)));
}

}  // namespace

LimitNotice* ToldLimits::find(Dimension dimension) noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (notices_[i].dimension == dimension) return &notices_[i];
  }
  return nullptr;
}

void ToldLimits::add_tighter(const LimitNotice& notice) noexcept {
  if (!notice.limit && !notice.remaining) return;
  LimitNotice* const known = find(notice.dimension);
  if (known == nullptr) {
    notices_[count_++] = notice;
  } else if (leaves_less(notice, *known)) {
    *known = notice;
  }
}

void ToldLimits::add_wider(const LimitNotice& notice) noexcept {
  if (!notice.limit && !notice.remaining) return;
  LimitNotice* const known = find(notice.dimension);
  if (known == nullptr) {
    notices_[count_++] = notice;
  } else if (leaves_less(*known, notice)) {
    *known = notice;
  }
}

ToldLimits read_limit_headers(Dialect dialect, http::Headers headers) noexcept {
  ToldLimits limits;
  if (dialect == Dialect::gemini) return limits;  // tells limits in refusals only
  Groups groups{};
  bool any = false;
  for (const http::Header& header : headers) {
    if (describes_limits(header.name)) {
      read_header(header, groups);
      any = true;
    } else if (http::same_name(header.name, "openai-organization") ||
               http::same_name(header.name, "anthropic-organization-id")) {
      limits.account = trimmed(header.value);
    }
  }
  if (any) settle(groups, limits);
  return limits;
}

}  // namespace keypool::provider
