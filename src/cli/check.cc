#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <keypool/key_pool.h>
#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "config/register_keys.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string config;
  bool json = false;
};

/// One endpoint and what became of its configured names.
struct Checked {
  const config::Endpoint& endpoint;
  std::vector<config::ResolvedKey> keys;

  [[nodiscard]] bool usable() const {
    return endpoint.keyless ||
           std::ranges::any_of(keys, [](const config::ResolvedKey& key) { return key.keys > 0; });
  }
};

std::vector<Checked> check_all(const config::Config& config) {
  KeyPool pool;
  const auto resolved = config::register_keys(config, system_secret_source(), pool);
  std::vector<Checked> checked;
  for (const config::Endpoint& endpoint : config.endpoints) {
    Checked& one = checked.emplace_back(Checked{endpoint, {}});
    std::ranges::copy_if(resolved, std::back_inserter(one.keys),
                         [&](const auto& key) { return key.endpoint == endpoint.name; });
  }
  return checked;
}

std::string key_text(const config::ResolvedKey& key, const Terminal& terminal) {
  if (key.keys > 0) {
    return fmt::format("  {}  {}  {}  {}\n", paint("found  ", Tone::good, terminal), key.name,
                       counted(key.keys, "key"), paint(key.origin, Tone::faint, terminal));
  }
  std::string text = fmt::format("  {}  {}\n", paint("missing", Tone::bad, terminal),
                                 paint(key.name, Tone::strong, terminal));
  for (const std::string& place : key.places) {
    text += fmt::format("             {}\n", paint(printable(place), Tone::faint, terminal));
  }
  return text;
}

std::string summary(const std::vector<Checked>& checked, const Terminal& terminal) {
  std::vector<std::string> without;
  for (const Checked& one : checked) {
    if (!one.usable()) without.push_back(one.endpoint.name);
  }
  if (without.empty()) return paint("Every endpoint has a key.\n", Tone::good, terminal);
  return paint(fmt::format("{} no key: {}.\n",
                           without.size() == 1 ? "One endpoint has"
                                               : fmt::format("{} endpoints have", without.size()),
                           fmt::join(without, ", ")),
               Tone::bad, terminal);
}

std::string as_text(const std::vector<Checked>& checked, const std::vector<std::string>& looked_at,
                    const Terminal& terminal) {
  if (checked.empty()) {
    std::string text = paint("No key was found. Looked at:\n", Tone::bad, terminal);
    for (const std::string& place : looked_at) text += fmt::format("  {}\n", printable(place));
    return text;
  }
  std::string text;
  for (const Checked& one : checked) {
    text += fmt::format("{}  {}\n", paint(one.endpoint.name, Tone::strong, terminal),
                        one.endpoint.base_url.text());
    if (one.endpoint.keyless) text += "  needs no key\n";
    for (const config::ResolvedKey& key : one.keys) text += key_text(key, terminal);
    text += '\n';
  }
  return text + summary(checked, terminal);
}

nlohmann::json as_json(const std::vector<Checked>& checked,
                       const std::vector<std::string>& looked_at) {
  auto endpoints = nlohmann::json::array();
  for (const Checked& one : checked) {
    auto keys = nlohmann::json::array();
    for (const config::ResolvedKey& key : one.keys) {
      keys.push_back({{"name", key.name},
                      {"found", key.keys > 0},
                      {"keys", key.keys},
                      {"origin", key.origin},
                      {"places", key.places}});
    }
    endpoints.push_back({{"name", one.endpoint.name},
                         {"base_url", one.endpoint.base_url.text()},
                         {"keyless", one.endpoint.keyless},
                         {"usable", one.usable()},
                         {"keys", std::move(keys)}});
  }
  return {{"endpoints", std::move(endpoints)}, {"looked_at", looked_at}};
}

int check(const Options& options) {
  const auto setup = set_up(options.config);
  if (!setup) return kMisused;
  const auto checked = check_all(setup->config);
  if (options.json) {
    fmt::print("{}\n", as_json(checked, setup->looked_at)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", as_text(checked, setup->looked_at, terminal_of(STDOUT_FILENO)));
  }
  const bool good = !checked.empty() && std::ranges::all_of(checked, &Checked::usable);
  return good ? kGood : kFailed;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "check", "Say for each key where it was found, or where it was looked for");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, kConfigHelp)->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON, for a program to read");
  command->footer(
      "No secret is shown, nor any part of one, and no provider is called.\n"
      "Exit codes: 0 every endpoint has a key, 1 one has none, 2 the configuration has "
      "mistakes.\n\n"
      "Examples:\n"
      "  keypool check\n"
      "  keypool check --config keypool.yaml --json");
  command->callback([&run, options] { run = [options] { return check(*options); }; });
}

}  // namespace keypool::cli
