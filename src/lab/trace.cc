#include "lab/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <numbers>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "lab/random.h"

namespace keypool::lab {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kTime = "TIMESTAMP";
constexpr std::string_view kInput = "ContextTokens";
constexpr std::string_view kOutput = "GeneratedTokens";

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"";
  const auto first = text.find_first_not_of(kBlank);
  if (first == text.npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  while (true) {
    const auto comma = line.find(',');
    columns.push_back(trimmed(line.substr(0, comma)));
    if (comma == line.npos) return columns;
    line.remove_prefix(comma + 1);
  }
}

/// `18:15:46.6805900`
std::optional<nanoseconds> time_of_day(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = number_in<unsigned>(text.substr(0, 2));
  const auto minutes = number_in<unsigned>(text.substr(3, 2));
  const auto seconds = number_in<double>(text.substr(6));
  if (!hours || !minutes || !seconds || !(*seconds >= 0)) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
         nanoseconds(std::llround(*seconds * 1e9));
}

/// A date and time, or a number of seconds, as time since some beginning.
std::optional<nanoseconds> moment_in(std::string_view text) {
  if (const auto seconds = number_in<double>(text); seconds && std::isfinite(*seconds)) {
    return nanoseconds(std::llround(*seconds * 1e9));
  }
  if (text.size() < 19 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number_in<int>(text.substr(0, 4));
  const auto month = number_in<unsigned>(text.substr(5, 2));
  const auto day = number_in<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  const auto time = time_of_day(text.substr(11));
  if (!date.ok() || !time) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch() + *time;
}

/// Where in a line the columns stand.
struct Layout {
  std::size_t at;
  std::size_t input;
  std::size_t output;

  [[nodiscard]] std::size_t last() const { return std::max({at, input, output}); }
};

std::optional<Layout> layout_of(std::string_view heading) {
  const auto columns = columns_of(heading);
  const auto find = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin());
  };
  const Layout layout{find(kTime), find(kInput), find(kOutput)};
  return layout.last() < columns.size() ? std::optional(layout) : std::nullopt;
}

/// What is wrong with a line, and where in it.
struct Mistake {
  std::size_t column;  ///< counted from 1
  std::string what;
};

std::expected<Arrival, Mistake> arrival_in(std::string_view line, const Layout& layout) {
  const auto columns = columns_of(line);
  if (columns.size() <= layout.last()) {
    return std::unexpected(Mistake{
        line.size() + 1,
        fmt::format("the line ends after {} of {} columns", columns.size(), layout.last() + 1)});
  }
  const auto expected = [&](std::size_t column, std::string_view name, std::string_view what) {
    const auto place = static_cast<std::size_t>(columns[column].data() - line.data());
    return std::unexpected(Mistake{place + 1, fmt::format("{}: expected {}", name, what)});
  };
  const auto at = moment_in(columns[layout.at]);
  if (!at) return expected(layout.at, kTime, "a time such as 2023-11-16 18:15:46.68, or seconds");
  const auto input = number_in<std::uint64_t>(columns[layout.input]);
  if (!input) return expected(layout.input, kInput, "a whole number");
  const auto output = number_in<std::uint64_t>(columns[layout.output]);
  if (!output) return expected(layout.output, kOutput, "a whole number");
  return Arrival{.at = *at, .input_tokens = *input, .output_tokens = *output};
}

/// Sorted, and counted from the first arrival.
void put_in_order(Trace& trace) {
  std::ranges::stable_sort(trace, {}, &Arrival::at);
  if (trace.empty()) return;
  const WorldTime first = trace.front().at;
  for (Arrival& arrival : trace) arrival.at -= first;
}

/// Of mean 1.
double exponential(Random& random) { return -std::log(1 - random.share()); }

double normal(Random& random) {
  const double radius = std::sqrt(2 * exponential(random));
  return radius * std::cos(2 * std::numbers::pi * random.share());
}

/// Spread evenly over orders of magnitude around `mean`, as sizes of questions and answers are.
std::uint64_t size_around(double mean, Random& random) {
  constexpr double kSpread = 0.85;
  const double size = mean * std::exp(kSpread * normal(random) - kSpread * kSpread / 2);
  return static_cast<std::uint64_t>(std::clamp(size, 1.0, mean * 30));
}

}  // namespace

std::expected<Trace, std::string> load_trace(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) {
    const std::error_code why(errno, std::generic_category());
    return std::unexpected(fmt::format("cannot read {}: {}", file.string(), why.message()));
  }
  std::string line;
  std::getline(in, line);
  const auto layout = layout_of(line);
  if (!layout) {
    return std::unexpected(fmt::format("{}:1:1: expected a heading with {}, {} and {}",
                                       file.string(), kTime, kInput, kOutput));
  }
  Trace trace;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    if (trimmed(line).empty()) continue;
    const auto arrival = arrival_in(line, *layout);
    if (!arrival) {
      return std::unexpected(fmt::format("{}:{}:{}: {}", file.string(), number,
                                         arrival.error().column, arrival.error().what));
    }
    trace.push_back(*arrival);
  }
  if (trace.empty()) {
    return std::unexpected(fmt::format("{}:2:1: expected a call a line", file.string()));
  }
  put_in_order(trace);
  return trace;
}

Trace make_bursty_trace(const BurstyTrace& wanted) {
  // Chosen so that counts a second, in ten seconds and a minute vary as in the recorded traces.
  constexpr double kAnotherAtOnce = 0.15;  // how likely a call is followed closely by another
  constexpr double kSwing = 0.35;          // how far the rate rises and falls in each hour
  constexpr double kDrift = 0.03;          // how far it moves besides from one minute to the next
  constexpr double kBackToMean = 0.3;
  const double length = std::chrono::duration<double>(wanted.length).count();
  const double hour = std::min(length, 3600.0);
  const double bursts_a_second = static_cast<double>(wanted.calls) * (1 - kAnotherAtOnce) / length;

  Random random(wanted.seed);
  Trace trace;
  double minute = -1;
  double drift = 0;
  double now = 0;
  while (trace.size() < wanted.calls) {
    for (; minute < std::floor(now / 60); ++minute) {
      drift = drift * (1 - kBackToMean) + kDrift * normal(random);
    }
    const double swing = -kSwing * std::cos(2 * std::numbers::pi * now / hour);
    now += exponential(random) / (bursts_a_second * std::exp(swing + drift));
    double at = now;
    do {
      trace.push_back({.at = nanoseconds(std::llround(at * 1e9)),
                       .input_tokens = size_around(wanted.mean_input_tokens, random),
                       .output_tokens = size_around(wanted.mean_output_tokens, random)});
      at += 0.05 * exponential(random);
    } while (trace.size() < wanted.calls && random.share() < kAnotherAtOnce);
  }
  put_in_order(trace);
  const double came = trace.empty() ? 0 : std::chrono::duration<double>(trace.back().at).count();
  return came > 0 ? sped_up(std::move(trace), came / length) : trace;
}

Trace with_conversations(Trace trace, double mean_turns, std::uint64_t seed) {
  constexpr std::size_t kOpenConversations = 1'000;  // a minute between turns
  Random random(seed);
  std::vector<std::uint64_t> open;
  std::uint64_t last = 0;
  for (Arrival& arrival : trace) {
    const bool begins = open.empty() || random.share() * mean_turns < 1;
    if (begins) {
      arrival.conversation = ++last;
      if (open.size() < kOpenConversations) {
        open.push_back(last);
      } else {
        open[random.between(0, open.size() - 1)] = last;
      }
    } else {
      arrival.conversation = open[random.between(0, open.size() - 1)];
    }
  }
  return trace;
}

Trace sped_up(Trace trace, double factor) {
  for (Arrival& arrival : trace) {
    arrival.at = nanoseconds(std::llround(static_cast<double>(arrival.at.count()) / factor));
  }
  return trace;
}

double rate_of(const Trace& trace) noexcept {
  if (trace.size() < 2 || trace.back().at.count() <= 0) return 0;
  return static_cast<double>(trace.size()) / std::chrono::duration<double>(trace.back().at).count();
}

MeanTokens mean_tokens_of(const Trace& trace) noexcept {
  MeanTokens mean;
  for (const Arrival& arrival : trace) {
    mean.input += static_cast<double>(arrival.input_tokens) / static_cast<double>(trace.size());
    mean.output += static_cast<double>(arrival.output_tokens) / static_cast<double>(trace.size());
  }
  return mean;
}

}  // namespace keypool::lab
