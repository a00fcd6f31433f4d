#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <keypool/secret_source.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/init_text.h"
#include "cli/model_server.h"
#include "cli/terminal.h"
#include "config/load.h"
#include "secrets/environment.h"
#include "secrets/keychain.h"
#include "state/file.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string file;
  bool print = false;
  bool force = false;
};

std::filesystem::path usual_file() {
  if (const auto xdg = secrets::non_empty_variable("XDG_CONFIG_HOME"); xdg && xdg->front() == '/') {
    return std::filesystem::path(*xdg) / "keypool" / "keypool.yaml";
  }
  return secrets::home_folder().value_or("") / ".config" / "keypool" / "keypool.yaml";
}

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

int init(const Options& options) {
  load_car_env([](std::string_view problem) { fmt::print(stderr, "keypool: {}\n", problem); });
  const auto found = config::zero_config(system_secret_source(), answers_as_model_server);
  const auto text = starting_configuration(found.config, other_names(found.config));
  if (options.print) {
    fmt::print("{}", text);
    return kGood;
  }
  const std::filesystem::path file = options.file.empty() ? usual_file() : options.file.c_str();
  std::error_code ignored;
  if (!options.force && std::filesystem::exists(file, ignored)) {
    fmt::print(stderr,
               "keypool: {} is there already and was left as it is; --force replaces it, --print "
               "only shows what would be written\n",
               file.native());
    return kFailed;
  }
  if (auto written = state::replace_text(file, text); !written) {
    fmt::print(stderr, "keypool: {}: {}\n", file.native(), written.error());
    return kFailed;
  }
  fmt::print("Wrote {} with {}. Next: keypool check, then keypool serve\n", file.native(),
             counted(found.config.endpoints.size(), "endpoint"));
  return kGood;
}

}  // namespace

void add_init(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "init", "Write a configuration to start from: what the environment and this machine hold");
  auto options = std::make_shared<Options>();
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
