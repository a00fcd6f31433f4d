#include "cli/demo_view.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/figures.h"
#include "cli/key_table.h"
#include "cli/table.h"

namespace keypool::cli {
namespace {

constexpr std::size_t kBarWidth = 16;

std::uint64_t refused_by_provider(const std::vector<KeyStats>& keys) {
  std::uint64_t refused = 0;
  for (const KeyStats& key : keys) refused += key.rate_limits;
  return refused;
}

double highest_load(const std::vector<KeyStats>& keys) {
  double highest = 1;
  for (const KeyStats& key : keys) highest = std::max(highest, key.window_load);
  return highest;
}

Table table_of(const DemoMoment& moment) {
  using enum Table::Align;
  Table table({{"KEY", left, true},
               {"STATE"},
               {"LOAD"},
               {"IN FLIGHT", right},
               {"ANSWERED", right},
               {"429", right},
               {"READY"}});
  const double highest = highest_load(moment.keys);
  for (const KeyStats& key : moment.keys) {
    const std::string state(to_string(key.state));
    std::optional<std::chrono::milliseconds> ahead;
    if (key.until) ahead = *key.until - moment.now;
    table.add({{key.name, Tone::strong},
               {state, tone_of(state)},
               {bar(key.window_load / highest, kBarWidth), tone_of(state)},
               {whole_count(key.in_flight)},
               {whole_count(key.successes)},
               {whole_count(key.rate_limits), key.rate_limits > 0 ? Tone::warn : Tone::plain},
               {until_text(ahead)}});
  }
  return table;
}

/// Without its fraction: a clock that shows seconds.
std::chrono::milliseconds whole_seconds(std::chrono::milliseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0%";
  return fmt::format("{:.0f}%",
                     std::floor(100.0 * static_cast<double>(part) / static_cast<double>(whole)));
}

}  // namespace

std::string demo_frame(const DemoMoment& moment, const Terminal& terminal) {
  const auto width = static_cast<std::size_t>(terminal.columns);
  const std::string time = fmt::format("{} of {}", duration_text(whole_seconds(moment.elapsed)),
                                       duration_text(moment.length));
  const std::string calls =
      fmt::format("{} answered, {} failed, {} running", whole_count(moment.counts.answered),
                  whole_count(moment.counts.failed), whole_count(moment.counts.in_flight()));
  return fit(fmt::format("{}   {}", time, calls), width) + "\n\n" +
         table_of(moment).render(terminal);
}

std::string demo_progress(const DemoMoment& moment) {
  return fmt::format(
      "{:>4}  {} answered, {} failed, {} running; {} refused by the provider with 429\n",
      duration_text(whole_seconds(moment.elapsed)), whole_count(moment.counts.answered),
      whole_count(moment.counts.failed), whole_count(moment.counts.in_flight()),
      whole_count(refused_by_provider(moment.keys)));
}

std::string demo_summary(const DemoResult& result, const Terminal& terminal) {
  const auto& counts = result.counts;
  const std::uint64_t refused = refused_by_provider(result.keys);
  std::string text =
      paint(fmt::format("{} of {} answered in {}, over {}.\n", whole_count(counts.answered),
                        counted(counts.calls, "call"), duration_text(result.length),
                        counted(result.keys.size(), "key")),
            counts.failed == 0 ? Tone::good : Tone::warn, terminal);
  if (refused > 0) {
    text += fmt::format("{} the provider said 429; another key took over, and no caller saw it.\n",
                        counted(refused, "time"));
  }
  text += fmt::format("Alone, the largest key ({}) would have answered {} of them: {}.\n",
                      result.best_key, whole_count(result.best_key_alone),
                      percent(result.best_key_alone, counts.calls));
  return text;
}

std::string demo_json(const DemoResult& result) {
  auto keys = nlohmann::json::array();
  for (const KeyStats& key : result.keys) {
    keys.push_back({{"name", key.name},
                    {"state", to_string(key.state)},
                    {"successes", key.successes},
                    {"rate_limits", key.rate_limits}});
  }
  const nlohmann::json json{
      {"seconds", std::chrono::duration<double>(result.length).count()},
      {"calls", result.counts.calls},
      {"answered", result.counts.answered},
      {"failed", result.counts.failed},
      {"rate_limits", refused_by_provider(result.keys)},
      {"one_key_alone", {{"name", result.best_key}, {"answered", result.best_key_alone}}},
      {"keys", std::move(keys)}};
  return json.dump(2) + "\n";
}

}  // namespace keypool::cli
