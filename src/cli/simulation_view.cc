#include "cli/simulation_view.h"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/figures.h"
#include "cli/table.h"

namespace keypool::cli {
namespace {

using std::chrono::milliseconds;

/// `0`, `350 ms`, `14.1 s`, `2m 5s`
std::string wait_text(milliseconds wait) {
  if (wait.count() == 0) return "0";
  if (wait < milliseconds(1'000)) return fmt::format("{} ms", wait.count());
  if (wait >= milliseconds(100'000)) return duration_text(wait);
  return fmt::format("{:.1f} s", static_cast<double>(wait.count()) / 1000);
}

/// Nothing failed is told apart from next to nothing.
std::string percent_text(double share) {
  const double percent = 100 * share;
  if (percent > 0 && percent < 0.01) return "<0.01";
  return percent == 0 ? "0" : fmt::format("{:.2f}", percent);
}

Tone tone_of(const lab::Outcome& outcome) { return outcome.failed == 0 ? Tone::good : Tone::bad; }

}  // namespace

std::string workload_text(const lab::Simulation& simulation) {
  const auto& trace = simulation.trace;
  const lab::MeanTokens mean = lab::mean_tokens_of(trace);
  std::string text =
      fmt::format("{} in {}: {:.1f} a second, {:.0f} tokens in and {:.0f} out on average.\n",
                  counted(trace.size(), "call"),
                  duration_text(std::chrono::ceil<milliseconds>(trace.empty() ? lab::WorldTime{0}
                                                                              : trace.back().at)),
                  lab::rate_of(trace), mean.input, mean.output);
  if (simulation.scenario.keys.empty()) return text;
  const double capacity = lab::capacity_of(simulation.scenario, trace);
  text += counted(simulation.scenario.keys.size(), "key");
  text += std::isfinite(capacity)
              ? fmt::format(" with room for {:.1f} such calls a second: {:.0f} % load", capacity,
                            100 * lab::rate_of(trace) / capacity)
              : " without a limit";
  return text + fmt::format(". A call waits {} at most.\n", wait_text(simulation.max_wait));
}

std::string outcome_table(const std::vector<lab::Outcome>& outcomes, const Terminal& terminal) {
  const bool conversations = std::ranges::any_of(
      outcomes, [](const lab::Outcome& outcome) { return outcome.followers > 0; });
  constexpr auto kRight = Table::Align::right;
  std::vector<Table::Column> columns{{""},
                                     {"SERVED", kRight},
                                     {"FAILED", kRight},
                                     {"FAILED %", kRight},
                                     {"WAIT P50", kRight},
                                     {"P99", kRight},
                                     {"MAX", kRight},
                                     {"429S PER 1,000", kRight}};
  if (conversations) columns.push_back({"SAME KEY %", kRight});
  Table table(std::move(columns));
  for (const lab::Outcome& outcome : outcomes) {
    std::vector<Cell> row{{outcome.name, Tone::strong},
                          {whole_count(outcome.served)},
                          {whole_count(outcome.failed), tone_of(outcome)},
                          {percent_text(outcome.failed_share()), tone_of(outcome)},
                          {wait_text(outcome.wait_p50)},
                          {wait_text(outcome.wait_p99)},
                          {wait_text(outcome.wait_max)},
                          {fmt::format("{:.1f}", outcome.refused_per_thousand())}};
    if (conversations && outcome.followers > 0) {
      row.push_back({fmt::format("{:.1f}", 100 * outcome.followed_share())});
    }
    table.add(std::move(row));
  }
  return table.render(terminal);
}

std::string comparison_table(const lab::Comparison& comparison, const Terminal& terminal) {
  std::vector<Table::Column> columns{{"KNOWN"}};
  for (const lab::BadDay day : lab::kBadDays) {
    columns.push_back({std::string(lab::to_string(day)), Table::Align::right});
  }
  Table table(std::move(columns));
  for (const lab::Comparison::Row& row : comparison.rows) {
    std::vector<Cell> cells{{row.name, Tone::strong}};
    for (const lab::Outcome& outcome : row.days) {
      cells.push_back({fmt::format("{} / {:.1f} / {}", percent_text(outcome.failed_share()),
                                   outcome.refused_per_thousand(), wait_text(outcome.wait_p99)),
                       tone_of(outcome)});
    }
    table.add(std::move(cells));
  }
  return table.render(terminal) + "\nCells: % failed / 429s per 1,000 calls / wait of 99 in 100.\n";
}

std::string plan_text(const lab::KeyPlan& plan, const lab::Key& kind, milliseconds wanted_p99,
                      const Terminal& terminal) {
  Table table({{"KEYS", Table::Align::right},
               {"FAILED", Table::Align::right},
               {"WAIT P99", Table::Align::right}});
  for (const lab::KeyPlan::Try& attempt : plan.tries) {
    const bool enough = attempt.keys >= plan.keys;
    table.add({{whole_count(attempt.keys), attempt.keys == plan.keys ? Tone::strong : Tone::plain},
               {whole_count(attempt.failed), attempt.failed == 0 ? Tone::plain : Tone::bad},
               {wait_text(attempt.wait_p99), enough ? Tone::good : Tone::bad}});
  }
  const std::string waits = plan.outcome.wait_p99.count() == 0
                                ? "do not wait"
                                : "wait " + wait_text(plan.outcome.wait_p99) + " at most";
  return fmt::format(
      "{}\n{} like {} ({}), each with limits of its own: no call fails, and 99 of 100 {}; {} were "
      "wanted.\n",
      table.render(terminal), paint(counted(plan.keys, "key"), Tone::strong, terminal), kind.name,
      limits_text(kind.limits), waits, wait_text(wanted_p99));
}

std::string limits_text(const lab::Limits& limits) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::uint64_t limit, std::string_view what) {
    if (limit > 0) parts.push_back(fmt::format("{} {}", whole_count(limit), what));
  };
  add(limits.rpm, "requests/min");
  add(limits.rpd, "requests/day");
  add(limits.tpm, "tokens/min");
  add(limits.input_tpm, "input tokens/min");
  add(limits.output_tpm, "output tokens/min");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string limits_text(const lab::ModelLimits& limits) {
  std::vector<std::string> parts;
  for (const auto& [model, limit] : limits) {
    parts.push_back(model == "*" ? limits_text(limit)
                                 : fmt::format("{}: {}", model, limits_text(limit)));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace keypool::cli
