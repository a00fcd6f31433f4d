#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/configuration_file.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/init_text.h"
#include "cli/model_server.h"
#include "cli/terminal.h"
#include "config/load.h"
#include "secrets/keychain.h"

namespace keypool::cli {
namespace {

/// What the keychain holds that no endpoint names. Only names that can stand in a comment.
std::vector<std::string> other_names(const config::Config& found) {
  std::set<std::string> used;
  for (const auto& endpoint : found.endpoints) {
    for (const auto& key : endpoint.keys) used.insert(key.name);
  }
  std::vector<std::string> others;
  for (const auto& name : secrets::system_keychain().names().value_or(std::vector<std::string>{})) {
    if (!used.contains(name) && name == printable(name)) others.push_back(name);
  }
  return others;
}

int init(const ConfigurationTarget& target) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });
  const auto found = config::zero_config(system_secret_source(), answers_as_model_server);
  const auto text = starting_configuration(found.config, other_names(found.config));
  if (const int failed = write_configuration(target, text); failed != kGood) return failed;
  if (target.print) return kGood;
  fmt::print("Wrote {} with {}. Next: keypool check, then keypool serve\n", target.path().native(),
             counted(found.config.endpoints.size(), "endpoint"));
  return kGood;
}

}  // namespace

void add_init(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "init", "Write a configuration to start from: what the environment and this machine hold");
  auto options = std::make_shared<ConfigurationTarget>();
  command
      ->add_option("--config", options->file, "Where to (default ~/.config/keypool/keypool.yaml)")
      ->type_name("FILE");
  command->add_flag("--print", options->print, "Print it instead");
  command->add_flag("--force", options->force, "Replace a file that is there");
  command->footer(
      "Examples:\n"
      "  keypool init\n"
      "  keypool init --print");
  command->callback([&run, options] { run = [options] { return init(*options); }; });
}

}  // namespace keypool::cli
