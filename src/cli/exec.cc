#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <keypool/key_pool.h>
#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/exec_child.h"
#include "cli/exit_code.h"
#include "cli/setup.h"
#include "cli/state_folder.h"
#include "config/register_keys.h"
#include "provider/known.h"
#include "provider/prices.h"
#include "provider/usage.h"
#include "state/file.h"
#include "state/ledger.h"
#include "state/snapshot.h"
#include "state/usage.h"

namespace keypool::cli {
namespace {

using state::Figure;
using state::Figures;
using state::Store;

struct Options {
  std::string config;
  std::string state;
  std::string endpoint;
  std::string model;
  std::string usage_from;
  std::vector<std::string> command;
};

int failed(const std::string& why) {
  fmt::print(stderr, "keypool: {}\n", why);
  return kFailed;
}

const config::Endpoint* find_endpoint(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.endpoints, name, &config::Endpoint::name);
  return found == config.endpoints.end() ? nullptr : &*found;
}

/// The variables that the provider's SDKs read; for an unknown provider the one that the key came
/// from.
std::vector<std::string> variables_of(const config::Endpoint& endpoint, std::string_view key) {
  std::vector<std::string> names;
  if (const auto* known = provider::known_provider_at(endpoint.base_url.host)) {
    for (const auto& row : provider::known_providers()) {
      if (row.endpoint == known->endpoint && !row.variable.empty()) {
        names.emplace_back(row.variable);
      }
    }
  }
  if (names.empty()) names.emplace_back(key.substr(0, key.find('[')));
  return names;
}

/// What each key has been used for lately, by whomever, so that runs of a day take turns, and what
/// is known of it: that an operator disabled it, that it rests.
void remember(Store& store, const std::string& endpoint, KeyPool& pool) {
  const auto now = system_clock().wall();
  const auto used = state::usage(store, {.by = {state::By::key},
                                         .from = state::hour_of(now - std::chrono::days(1)),
                                         .until = {},
                                         .endpoint = endpoint});
  for (const auto& row : used.value_or(std::vector<state::UsageRow>{})) {
    // A run whose tokens nobody told weighs something all the same.
    const auto weight = row.figures.tokens() + row.figures.requests();
    pool.report_success(endpoint, row.labels[0].substr(endpoint.size() + 1),
                        {.input_tokens = weight});
  }
  if (const auto standing = state::StandingKeeper(store).load()) pool.restore_standing(*standing);
}

/// The usage that stands in an answer which the command wrote to `file`, streamed or not.
std::optional<provider::Usage> usage_in(const std::string& file, const config::Endpoint& endpoint) {
  const auto text = state::read_text(file);
  if (!text || !*text) {
    fmt::print(stderr, "keypool: --usage-from {}: {}\n", file,
               text ? "the command wrote no such file" : text.error());
    return std::nullopt;
  }
  const auto first = (*text)->find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && (**text)[first] == '{';
  const auto tap = provider::make_usage_tap(endpoint.dialect,
                                            json ? "application/json" : "text/event-stream", "");
  tap->feed(**text);
  return tap->finish();
}

Figures figures_of(int code, const Options& options, const config::Endpoint& endpoint) {
  Figures figures;
  figures[code == 0 ? Figure::succeeded : Figure::failed] = 1;
  if (options.usage_from.empty()) return figures;
  const auto usage = usage_in(options.usage_from, endpoint);
  if (!usage) return figures;
  figures[Figure::estimated] = usage->reported ? 0 : 1;
  figures[Figure::input_tokens] = usage->input_tokens;
  figures[Figure::cached_tokens] = usage->cached_tokens;
  figures[Figure::cache_write_tokens] = usage->cache_write_tokens;
  figures[Figure::cache_write_1h_tokens] = usage->cache_write_1h_tokens;
  figures[Figure::audio_input_tokens] = usage->audio_input_tokens;
  figures[Figure::output_tokens] = usage->output_tokens;
  figures[Figure::reasoning_tokens] = usage->reasoning_tokens;
  figures[Figure::audio_output_tokens] = usage->audio_output_tokens;
  const provider::Asked asked{endpoint.base_url.host, options.model, system_clock().wall()};
  figures[Figure::cost_micro_usd] = provider::cost_micro_usd(asked, *usage).value_or(0);
  return figures;
}

int exec(const Options& options) {
  const auto setup = set_up(options.config);
  if (!setup) return kMisused;
  const auto* const endpoint = find_endpoint(setup->config, options.endpoint);
  if (endpoint == nullptr) {
    return failed(fmt::format("there is no endpoint {}; see: keypool check", options.endpoint));
  }
  if (endpoint->keyless) return failed(fmt::format("{} needs no key", endpoint->name));

  KeyPool pool;
  config::register_keys(setup->config, system_secret_source(), pool);
  Store store(state_options(options.state, state::StoreOptions::Use::command));
  remember(store, endpoint->name, pool);
  auto lease = pool.lease(endpoint->name,
                          {.model = options.model, .when_none_ready = WhenNoneReady::refuse});
  if (!lease) return failed(lease.error().message());

  const std::string key(lease->key_name());
  const auto code =
      run_in_our_place(options.command, variables_of(*endpoint, key), lease->secret().reveal());
  lease->release();
  if (!code) return failed(code.error());
  state::Ledger ledger(
      store, {.every = std::chrono::milliseconds(0),
              .writer = "command",
              .warn = [](std::string_view text) { fmt::print(stderr, "keypool: {}\n", text); }});
  ledger.new_tally().add({.endpoint = endpoint->name,
                          .key = key,
                          .model = options.model,
                          .client = "exec",
                          .figures = figures_of(*code, options, *endpoint)});
  return *code;
}

}  // namespace

void add_exec(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("exec", "Run a command with a key in its environment, and count it");
  auto options = std::make_shared<Options>();
  command->add_option("ENDPOINT", options->endpoint, "Whose key")->required();
  command->add_option("COMMAND", options->command, "The command and its arguments, behind --")
      ->required();
  command->add_option("--config", options->config, kConfigHelp)->type_name("FILE");
  command->add_option("--model", options->model, "What the command will ask, for the ledger");
  command
      ->add_option(
          "--usage-from", options->usage_from,
          "A file that the command writes the provider's answer to; its tokens are counted")
      ->type_name("FILE");
  add_state_option(*command, options->state);
  command->footer(
      "Examples:\n"
      "  keypool exec openai -- python3 ask.py\n"
      "  keypool exec anthropic --model claude-sonnet-4-5 --usage-from answer.json -- ./ask.sh\n\n"
      "The key that was used least in the last day is set as the variable that the provider's "
      "SDKs\n"
      "read. Exit code: the command's.");
  command->callback([&run, options] { run = [options] { return exec(*options); }; });
}

}  // namespace keypool::cli
