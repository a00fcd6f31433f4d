#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/state_folder.h"
#include "state/file.h"
#include "state/snapshot.h"
#include "state/stats_document.h"

namespace keypool::cli {
namespace {

using state::StatsDocument;
using state::StatsKeeper;
using state::Store;
using state::StoreOptions;

struct Options {
  std::string state;
  std::string file;
};

std::size_t keys_in(const std::vector<EndpointStats>& stats) {
  std::size_t keys = 0;
  for (const auto& endpoint : stats) keys += endpoint.keys.size();
  return keys;
}

int failed(const std::string& file, const std::string& why) {
  fmt::print(stderr, "keypool: {}: {}\n", file, why);
  return kFailed;
}

int export_stats(const Options& options) {
  Store store(state_options(options.state, StoreOptions::Use::command));
  const auto stats = StatsKeeper(store).load();
  if (!stats) return state_failed(stats.error());
  StatsDocument document;
  document.put(*stats);
  if (options.file == "-") {
    fmt::print("{}", document.text());
    return kGood;
  }
  if (auto written = state::replace_text(options.file, document.text()); !written) {
    return failed(options.file, written.error());
  }
  fmt::print("Wrote the counts of {} to {}.\n", counted(keys_in(*stats), "key"), options.file);
  return kGood;
}

int import_stats(const Options& options) {
  const auto text = state::read_text(options.file);
  if (!text) return failed(options.file, text.error());
  if (!*text) return failed(options.file, "there is no such file");
  const auto document = StatsDocument::parse(**text);
  if (!document) return failed(options.file, document.error());
  // As a gateway would: one that runs would put its own counts over ours.
  Store store(state_options(options.state, StoreOptions::Use::gateway));
  const auto stats = document->stats();
  StatsKeeper keeper(store);
  if (auto saved = keeper.save(stats); !saved) return state_failed(saved.error());
  fmt::print("Took over the counts of {} from {}.\n", counted(keys_in(stats), "key"), options.file);
  return kGood;
}

}  // namespace

void add_stats(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("stats", "Exchange keys' counts with other programs, as JSON");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* help, const char* file_help,
                       const char* example, auto what) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->footer(std::string("Examples:\n  ") + example);
    sub->add_option("FILE", options->file, file_help)->required();
    add_state_option(*sub, options->state);
    sub->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
  };
  add("export", "Write the counts of every key to a file",
      "Where to; keys that only the file knows are dropped; - for standard output",
      "keypool stats export stats.json", export_stats);
  add("import", "Put a file's counts in the place of those of the same keys", "Where from",
      "keypool stats import ~/.car/key_pool_stats.json", import_stats);
  command->footer(
      "Examples:\n"
      "  keypool stats export stats.json\n"
      "  keypool stats import ~/.car/key_pool_stats.json\n\n"
      "The format is CAR's: endpoint, keys, counts. Import while no gateway runs.");
}

}  // namespace keypool::cli
