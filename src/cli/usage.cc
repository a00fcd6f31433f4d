#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <unistd.h>

#include <keypool/clock.h>

#include "admin/usage_rows.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/state_folder.h"
#include "cli/usage_view.h"

namespace keypool::cli {
namespace {

using state::By;
using state::Store;
using state::UsageQuestion;
using state::UsageRow;

struct Options {
  std::string state;
  std::vector<std::string> by{"day"};
  int days = 30;
  std::string endpoint;
  std::string key;
  std::string model;
  std::string client;
  bool json = false;
  bool csv = false;
};

constexpr std::array kBy{By::hour, By::day,   By::month, By::endpoint,
                         By::key,  By::model, By::client};

std::vector<By> by_of(const std::vector<std::string>& words) {
  std::vector<By> all;
  for (const auto& word : words) {
    all.push_back(*std::ranges::find_if(kBy, [&](By by) { return to_string(by) == word; }));
  }
  return all;
}

UsageQuestion question_of(const Options& options, std::vector<By> by) {
  const auto named = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  const auto today = std::chrono::floor<std::chrono::days>(system_clock().wall());
  return {.by = std::move(by),
          .from = state::hour_of(today - std::chrono::days(options.days - 1)),
          .until = {},
          .endpoint = named(options.endpoint),
          .key = named(options.key),
          .model = named(options.model),
          .client = named(options.client)};
}

/// Tokens a day, days without a call included.
std::string trend(const std::vector<UsageRow>& by_day, int days) {
  std::map<std::string, std::uint64_t> tokens;
  for (const UsageRow& row : by_day) tokens[row.labels[0]] = row.figures.tokens();
  const auto today = std::chrono::floor<std::chrono::days>(system_clock().wall());
  std::vector<std::uint64_t> values;
  for (int ago = days - 1; ago >= 0; --ago) {
    const auto day = today - std::chrono::days(ago);
    values.push_back(tokens[fmt::format(
        "{:%Y-%m-%d}",
        fmt::gmtime(
            std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count()))]);
  }
  const auto most = *std::ranges::max_element(values);
  return fmt::format("Tokens a day, up to {}: {}\n", short_count(most), sparkline(values));
}

int usage(const Options& options) {
  Store store(state_options(options.state, state::StoreOptions::Use::command));
  const auto by = by_of(options.by);
  const auto rows = state::usage(store, question_of(options, by));
  if (!rows) return state_failed(rows.error());
  if (options.json) {
    fmt::print("{}", usage_json(by, *rows));
    return kGood;
  }
  if (options.csv) {
    fmt::print("{}", admin::usage_csv(by, *rows));
    return kGood;
  }
  if (rows->empty()) {
    fmt::print("Nothing was used in the last {} days that {} knows of.\n", options.days,
               store.path().native());
    return kGood;
  }
  fmt::print("{}", usage_table(by, *rows, terminal_of(STDOUT_FILENO)));
  if (options.days > 1) {
    const auto by_day = state::usage(store, question_of(options, {By::day}));
    if (!by_day) return state_failed(by_day.error());
    fmt::print("\n{}", trend(*by_day, options.days));
  }
  return kGood;
}

}  // namespace

void add_usage(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("usage", "Show tokens and cost, from the ledger");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--by", options->by,
                   "What to tell apart: hour, day, month, endpoint, key, model, client; several "
                   "with commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"hour", "day", "month", "endpoint", "key", "model", "client"}))
      ->capture_default_str();
  command->add_option("--days", options->days, "How far back, today included (UTC)")
      ->check(CLI::Range(1, 3660))
      ->capture_default_str();
  command->add_option("--endpoint", options->endpoint, "Only this endpoint");
  command->add_option("--key", options->key, "Only this key");
  command->add_option("--model", options->model, "Only this model");
  command->add_option("--client", options->client, "Only this client");
  auto* const json = command->add_flag("--json", options->json, "In JSON, for a program to read");
  command->add_flag("--csv", options->csv, "As comma-separated values")->excludes(json);
  add_state_option(*command, options->state);
  command->footer(
      "Examples:\n"
      "  keypool usage\n"
      "  keypool usage --by key,model --days 7\n"
      "  keypool usage --by client --csv > clients.csv\n\n"
      "Counts appear within a second. Days end at midnight UTC.");
  command->callback([&run, options] { run = [options] { return usage(*options); }; });
}

}  // namespace keypool::cli
