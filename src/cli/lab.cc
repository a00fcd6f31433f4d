#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/example_call.h"
#include "cli/exit_code.h"
#include "cli/lab_simulate.h"
#include "cli/listen_option.h"
#include "cli/process.h"
#include "cli/simulation_view.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "lab/provider.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string scenario;
  std::optional<config::Listen> listen;
};

std::string key_table(const std::vector<lab::Key>& keys, const Terminal& terminal) {
  Table table({{"KEY"}, {"LIMITS", Table::Align::left, true}});
  for (const lab::Key& key : keys) {
    table.add({{key.name, Tone::strong}, {limits_text(key.limits)}});
  }
  return table.render(terminal, 2);
}

/// The built-in scenario's secrets are ours to show; a file's are not.
std::string example(const std::string& url, const lab::Scenario& scenario, bool from_file) {
  if (scenario.keys.empty()) return example_chat(url);
  if (!from_file) return example_chat(url, scenario.keys.front().secret);
  return example_chat(url, "SECRET_OF_" + scenario.keys.front().name);
}

int provider(const Options& options) {
  const StopSignals stop;
  lab::Scenario scenario = lab::default_scenario();
  const bool from_file = !options.scenario.empty();
  if (from_file) {
    auto loaded = lab::load_scenario(options.scenario);
    if (!loaded) {
      fmt::print(stderr, "{}\n", loaded.error());
      return kMisused;
    }
    scenario = std::move(*loaded);
  }
  if (options.listen) {
    scenario.host = options.listen->host;
    scenario.port = options.listen->port;
  }

  lab::Provider provider(scenario);
  if (auto started = provider.start(); !started) {
    fmt::print(
        stderr,
        "keypool: {}\n  Choose another with --listen HOST:PORT, or port 0 for any free one.\n",
        started.error());
    return kFailed;
  }
  const Terminal terminal = terminal_of(STDOUT_FILENO);
  const std::string url = "http://" + config::Listen{scenario.host, provider.port()}.text();
  fmt::print("{}\n\n", paint("Simulated provider on " + url, Tone::strong, terminal));
  fmt::print("{}\n", scenario.keys.empty() ? "  Takes any key, without a limit.\n"
                                           : key_table(scenario.keys, terminal));
  fmt::print("What it has seen so far: curl {}/lab/observed\n", url);
  fmt::print("Try it:\n  {}\n", example(url, scenario, from_file));
  std::fflush(stdout);
  stop.wait();
  stop.let_the_next_kill();
  return kGood;
}

}  // namespace

void add_lab(CLI::App& app, Run& run) {
  CLI::App* lab = app.add_subcommand("lab", "Rehearse without a real provider");
  lab->require_subcommand(1);
  CLI::App* command = lab->add_subcommand(
      "provider",
      "Run a simulated provider: OpenAI's, Anthropic's and Gemini's shapes, real limits");
  auto options = std::make_shared<Options>();
  add_listen_option(*command, "--listen", options->listen,
                    "Where it listens (default 127.0.0.1:0, any free port)");
  command
      ->add_option("--scenario", options->scenario,
                   "YAML file: keys and limits, lengths and pace of answers, faults")
      ->type_name("FILE");
  const char* examples =
      "Examples:\n"
      "  keypool lab provider\n"
      "  keypool lab provider --listen 127.0.0.1:9000 --scenario bad-day.yaml";
  command->footer(examples);
  command->callback([&run, options] { run = [options] { return provider(*options); }; });
  add_simulate(*lab, run);
  lab->footer(
      "Examples:\n"
      "  keypool lab provider             a provider to try things on\n"
      "  keypool lab simulate             how the pool serves a busy hour, in a moment\n"
      "  keypool lab simulate --plan --p99 500ms --trace calls.csv\n"
      "                                   how many keys that traffic needs");
}

}  // namespace keypool::cli
