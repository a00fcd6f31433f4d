#include "cli/command_tree.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/terminal.h"
#include "config/suggest.h"

namespace keypool::cli {

void add_all_commands(CLI::App& app, Run& run) {
  app.description("One endpoint, many API keys: a gateway and its tools.");
  app.name("keypool");
  app.set_version_flag("--version", "keypool " KEYPOOL_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);
  add_serve(app, run);
  add_check(app, run);
  add_status(app, run);
  add_reload(app, run);
  add_demo(app, run);
  add_secrets(app, run);
  add_token(app, run);
  add_usage(app, run);
  add_stats(app, run);
  add_init(app, run);
  add_exec(app, run);
  add_import(app, run);
  add_lab(app, run);
  add_completion(app, run);
  add_man(app, run);
  // Last: those added later would take it for their own.
  app.footer(
      "Examples:\n"
      "  keypool serve                    every provider whose key is in the environment\n"
      "  keypool demo                     what it does, in a minute, without any key\n"
      "  keypool check                    which keys were found, and where\n"
      "  keypool status                   the keys of the running gateway\n"
      "  keypool usage                    tokens and cost of the last 30 days\n"
      "  keypool token create ci          who may call, and how much\n\n"
      "Each command explains itself: keypool serve --help\n"
      "Exit codes: 0 good, 1 failed, 2 used wrongly.");
}

std::vector<const CLI::App*> shown_commands(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

const CLI::App* shown_command(const CLI::App& command, std::string_view name) {
  const auto commands = shown_commands(command);
  const auto found = std::ranges::find_if(
      commands, [name](const CLI::App* one) { return one->get_name() == name; });
  return found == commands.end() ? nullptr : *found;
}

std::string unknown_command(const CLI::App& keypool, const std::vector<std::string>& words) {
  const CLI::App* command = &keypool;
  for (const std::string& word : words) {
    if (word.starts_with("-") || shown_commands(*command).empty()) return {};
    const CLI::App* const next = shown_command(*command, word);
    if (next == nullptr) {
      const auto commands = shown_commands(*command);
      std::vector<std::string> names;
      for (const CLI::App* one : commands) names.push_back(one->get_name());
      const std::vector<std::string_view> known(names.begin(), names.end());
      return fmt::format("there is no command `{} {}`{}\n  See: {} --help", full_name(*command),
                         printable(word), config::did_you_mean(word, known), full_name(*command));
    }
    command = next;
  }
  return {};
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : full_name(*parent) + " " + command.get_name();
}

}  // namespace keypool::cli
