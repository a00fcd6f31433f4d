#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/live_area.h"
#include "cli/probe.h"
#include "cli/probe_view.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "config/resolve_keys.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string config;
  bool probe = false;
  bool json = false;
};

/// One endpoint and what became of its configured names.
struct Checked {
  const config::Endpoint& endpoint;
  std::vector<config::ResolvedKey> keys;
  std::vector<pool::ListedKey> secrets;  ///< of all its names
  std::vector<ProbedKey> probed;         ///< with --probe

  [[nodiscard]] bool usable() const {
    return endpoint.keyless ||
           std::ranges::any_of(keys, [](const config::ResolvedKey& key) { return key.keys > 0; });
  }
};

std::vector<Checked> check_all(const config::Config& config) {
  auto resolved = config::resolve_keys(config, system_secret_source());
  auto next = resolved.begin();
  std::vector<Checked> checked;
  for (const config::Endpoint& endpoint : config.endpoints) {
    Checked& one = checked.emplace_back(Checked{endpoint, {}, {}, {}});
    for (std::size_t i = 0; i < endpoint.keys.size(); ++i, ++next) {
      one.keys.push_back(std::move(next->told));
      std::ranges::move(next->keys, std::back_inserter(one.secrets));
    }
  }
  return checked;
}

/// Shows how far the questions are: on a screen, and only there.
class Progress {
 public:
  Progress(bool shown, std::size_t all) : all_(all) {
    if (shown && terminal_of(STDOUT_FILENO).interactive) area_.emplace(stdout);
    tell(0);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    if (area_) area_->draw("");
  }

  void tell(std::size_t done) {
    if (area_) area_->draw(fmt::format("Asked {} of {}\n", done, counted(all_, "key")));
  }

 private:
  std::size_t all_;
  std::optional<LiveArea> area_;
};

/// Asks every key's provider; false when the user stopped it.
bool probe(std::vector<Checked>& checked, const Options& options, const config::Limits& limits) {
  std::vector<Candidate> candidates;
  for (Checked& one : checked) {
    if (one.endpoint.keyless) candidates.push_back({.endpoint = &one.endpoint, .key = {}});
    for (auto& [name, secret] : one.secrets) {
      candidates.push_back(
          {.endpoint = &one.endpoint, .key = std::move(name), .secret = std::move(secret)});
    }
  }
  Progress progress(!options.json, candidates.size());
  auto results = probe_all(
      candidates,
      {.limits = limits, .on_progress = [&progress](std::size_t done) { progress.tell(done); }});
  if (!results) return false;
  for (Checked& one : checked) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (candidates[i].endpoint != &one.endpoint) continue;
      one.probed.push_back({one.endpoint.name, candidates[i].key, std::move((*results)[i])});
    }
  }
  return true;
}

bool nothing_bad(const Checked& checked) {
  return std::ranges::none_of(checked.probed,
                              [](const ProbedKey& key) { return bad(key.probed.finding); });
}

std::string key_text(const config::ResolvedKey& key, std::size_t name_width,
                     const Terminal& terminal) {
  if (key.keys > 0) {
    return fmt::format("  {}  {:<{}}  {}  {}\n", paint("found  ", Tone::good, terminal), key.name,
                       name_width, counted(key.keys, "key"),
                       paint(key.origin, Tone::faint, terminal));
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
    std::size_t name_width = 0;
    for (const config::ResolvedKey& key : one.keys) {
      name_width = std::max(name_width, key.name.size());
    }
    for (const config::ResolvedKey& key : one.keys) text += key_text(key, name_width, terminal);
    text += '\n';
  }
  return text + summary(checked, terminal);
}

std::string probed_text(const std::vector<Checked>& checked, const Terminal& terminal) {
  std::string text;
  std::vector<ProbedKey> keys;
  for (const Checked& one : checked) {
    std::ranges::copy(one.probed, std::back_inserter(keys));
    for (const config::ResolvedKey& key : one.keys) {
      if (key.keys == 0) text += key_text(key, 0, terminal);
    }
  }
  if (!text.empty()) text += '\n';
  if (!keys.empty()) text += probe_report(keys, terminal);
  if (!std::ranges::all_of(checked, &Checked::usable)) text += summary(checked, terminal);
  return text;
}

nlohmann::json as_json(const std::vector<Checked>& checked,
                       const std::vector<std::string>& looked_at, bool probed) {
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
    if (!probed) continue;
    auto probes = nlohmann::json::array();
    for (const ProbedKey& key : one.probed) probes.push_back(probe_json(key));
    endpoints.back()["probes"] = std::move(probes);
  }
  return {{"endpoints", std::move(endpoints)}, {"looked_at", looked_at}};
}

int check(const Options& options) {
  const auto setup = set_up(options.config);
  if (!setup) return kMisused;
  auto checked = check_all(setup->config);
  if (options.probe && !probe(checked, options, setup->config.limits)) {
    fmt::print(stderr, "keypool: stopped before every key had been asked\n");
    return kFailed;
  }
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  if (options.json) {
    fmt::print("{}\n", as_json(checked, setup->looked_at, options.probe)
                           .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (options.probe && !checked.empty()) {
    fmt::print("{}", probed_text(checked, terminal));
  } else {
    fmt::print("{}", as_text(checked, setup->looked_at, terminal));
  }
  const bool good = !checked.empty() && std::ranges::all_of(checked, &Checked::usable) &&
                    std::ranges::all_of(checked, nothing_bad);
  return good ? kGood : kFailed;
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "check", "Say for each key where it was found, or where it was looked for");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, kConfigHelp)->type_name("FILE");
  command->add_flag(
      "--probe", options->probe,
      "Also ask each key's provider whether it is good, by a call that costs nothing");
  command->add_flag("--json", options->json, "Print JSON, for a program to read");
  command->footer(
      "No secret is shown, nor any part of one. Without --probe no provider is called.\n"
      "Exit codes: 0 every endpoint has a key (and every key is good), 1 one has none (or a key "
      "is\n"
      "not good), 2 the configuration has mistakes.\n\n"
      "Examples:\n"
      "  keypool check\n"
      "  keypool check --probe            a table: verdict, organization, limits, and why\n"
      "  keypool check --config keypool.yaml --json");
  command->callback([&run, options] { run = [options] { return check(*options); }; });
}

}  // namespace keypool::cli
