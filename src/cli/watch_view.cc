#include "cli/watch_view.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/figures.h"

namespace keypool::cli {
namespace {

constexpr int kWide = 120;

/// Title, states, rates, a blank line, the keys' titles, the line at the bottom; and between the
/// two tables a blank line and the endpoints' titles.
constexpr std::size_t kOtherLines = 8;

/// Endpoints shown; the keys need room too.
std::size_t shown_endpoints(const WatchMoment& moment, std::size_t rows) {
  return std::min(moment.overview.endpoints.size(), std::max<std::size_t>(rows / 3, 1));
}

std::string rate(double value) {
  if (value < 9.95) return fmt::format("{:.1f}", value);
  return short_count(static_cast<std::uint64_t>(std::lround(value)));
}

std::string title_line(const WatchMoment& moment, const Terminal& terminal) {
  const auto width = static_cast<std::size_t>(terminal.columns);
  const std::string left = "keypool  " + moment.address;
  const std::string time = moment.overview.at.substr(11, 8) + " UTC";
  const std::size_t used = display_width(left) + display_width(time);
  const std::string gap(used < width ? width - used : 1, ' ');
  return paint("keypool", Tone::strong, terminal) + left.substr(7) + gap +
         paint(time, Tone::faint, terminal) + '\n';
}

std::string states_line(const Overview& overview, const Terminal& terminal) {
  std::string text = fmt::format("{} of {} ready", whole_count(overview.in_state("ready")),
                                 counted(overview.keys, "key"));
  for (const auto& [state, count] : overview.states) {
    if (state == "ready") continue;
    text += ", " + paint(fmt::format("{} {}", whole_count(count), state), tone_of(state), terminal);
  }
  return text + '\n';
}

std::string calls_line(const WatchMoment& moment, const Terminal& terminal) {
  if (!moment.trouble.empty()) {
    const auto width = static_cast<std::size_t>(terminal.columns);
    return paint(fit("No answer, trying again: " + moment.trouble, width), Tone::bad, terminal) +
           '\n';
  }
  const CallFigures& calls = moment.overview.calls;
  std::string text = fmt::format("{} calls/s  {} tokens/s  {} in flight", rate(moment.rates.calls),
                                 rate(moment.rates.tokens), whole_count(calls.in_flight));
  const std::string waiting = fmt::format("{} waiting", whole_count(calls.waiting));
  text += "  " + paint(waiting, calls.waiting > 0 ? Tone::warn : Tone::plain, terminal);
  return text + '\n';
}

Table endpoint_table(const WatchMoment& moment, std::size_t shown) {
  using enum Table::Align;
  Table table({{"ENDPOINT", left, true},
               {"READY", right},
               {"IN FLIGHT", right},
               {"WAITING", right},
               {"ANSWERED", right},
               {"REFUSED", right},
               {"BROKEN", right},
               {"429", right},
               {"TOKENS", right}});
  for (std::size_t i = 0; i < shown; ++i) {
    const EndpointRow& row = moment.overview.endpoints[i];
    const auto count = [](std::uint64_t number, Tone tone) -> Cell {
      return {short_count(number), number > 0 ? tone : Tone::plain};
    };
    table.add({{row.name, Tone::strong},
               {row.keyless ? "no key" : fmt::format("{}/{}", row.ready, row.keys),
                row.keyless || row.ready > 0 ? Tone::plain : Tone::bad},
               {whole_count(row.calls.in_flight)},
               count(row.calls.waiting, Tone::warn),
               {short_count(row.calls.answered)},
               count(row.calls.refused, Tone::warn),
               count(row.calls.broken, Tone::bad),
               count(row.calls.rate_limits, Tone::warn),
               {short_count(row.calls.tokens)}});
  }
  return table;
}

std::string_view unit_of(std::string_view dimension) {
  if (dimension == "requests_per_minute") return "rpm";
  if (dimension == "requests_per_day") return "rpd";
  if (dimension == "tokens_per_day") return "tpd";
  return "tpm";
}

Cell headroom_cell(const KeyRow& key, const Terminal& terminal) {
  if (!key.headroom) return {"no limit known", Tone::faint};
  const TightestRoom& room = *key.headroom;
  constexpr double kLittle = 0.2;
  const Tone tone = room.share_left <= 0        ? Tone::bad
                    : room.share_left < kLittle ? Tone::warn
                                                : Tone::good;
  const std::size_t width = terminal.columns >= kWide ? 24 : 8;
  std::string text = fmt::format("{} {:>3.0f}% {}", bar(room.share_left, width),
                                 std::floor(room.share_left * 100), unit_of(room.dimension));
  if (terminal.columns >= kWide) {
    text +=
        fmt::format(" {} of {}", short_count(static_cast<std::uint64_t>(std::max(room.left, 0.0))),
                    short_count(static_cast<std::uint64_t>(room.limit)));
  }
  return {std::move(text), tone};
}

Table watched_keys(const WatchMoment& moment, std::size_t shown, const Terminal& terminal) {
  using enum Table::Align;
  const bool wide = terminal.columns >= kWide;
  std::vector<Table::Column> columns{
      {"KEY", left, true}, {"STATE"}, {"HEADROOM"}, {"RUNS", right}, {"429", right}};
  if (wide) {
    columns.insert(columns.begin(), {"ENDPOINT", left, true});
    for (const char* title : {"CALLS", "OK", "TOKENS", "LOAD"}) columns.push_back({title, right});
  }
  columns.push_back({"READY"});
  columns.push_back({"WHY", left, true});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < std::min(shown, moment.page.keys.size()); ++i) {
    const KeyRow& key = moment.page.keys[i];
    std::vector<Cell> row{{key.name, Tone::strong},
                          {key.state, tone_of(key.state)},
                          headroom_cell(key, terminal),
                          {whole_count(key.in_flight)},
                          {short_count(key.rate_limits)}};
    if (wide) {
      row.insert(row.begin(), {key.endpoint});
      row.push_back({short_count(key.total_requests)});
      row.push_back({short_count(key.successes)});
      row.push_back({short_count(key.tokens)});
      row.push_back({short_count(static_cast<std::uint64_t>(std::lround(key.window_load)))});
    }
    row.push_back({until_text(key.ready_in)});
    row.push_back({key.reason, Tone::faint});
    table.add(std::move(row));
  }
  return table;
}

std::string bottom_line(const WatchMoment& moment, std::size_t shown, const Terminal& terminal) {
  std::string text = fmt::format("q leaves  s sorts (by {})", moment.sorted_by);
  if (moment.page.total > shown) {
    text += fmt::format("  arrows scroll: keys {} to {} of {}", whole_count(moment.offset + 1),
                        whole_count(moment.offset + std::min(shown, moment.page.keys.size())),
                        whole_count(moment.page.total));
  }
  return paint(fit(text, static_cast<std::size_t>(terminal.columns)), Tone::faint, terminal) + '\n';
}

}  // namespace

std::size_t rows_for_keys(const WatchMoment& moment, std::size_t rows) {
  const std::size_t taken = kOtherLines + shown_endpoints(moment, rows);
  return rows > taken + 1 ? rows - taken : 1;
}

std::string watch_frame(const WatchMoment& moment, const Terminal& terminal, std::size_t rows) {
  const std::size_t for_keys = rows_for_keys(moment, rows);
  std::string text = title_line(moment, terminal) + states_line(moment.overview, terminal) +
                     calls_line(moment, terminal) + '\n' +
                     endpoint_table(moment, shown_endpoints(moment, rows)).render(terminal) + '\n' +
                     watched_keys(moment, for_keys, terminal).render(terminal);
  const auto used = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (used + 1 < rows) text.append(rows - used - 1, '\n');
  return text + bottom_line(moment, for_keys, terminal);
}

}  // namespace keypool::cli
