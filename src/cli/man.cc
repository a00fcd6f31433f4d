#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command_tree.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/man_page.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string command;
  std::string folder;
};

bool write_page(const CLI::App& command, const std::filesystem::path& folder) {
  const auto file = folder / (man_page_name(command) + ".1");
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  std::ofstream page(file);
  page << man_page(command, KEYPOOL_VERSION) << std::flush;
  if (!page) fmt::print(stderr, "keypool: cannot write {}\n", file.native());
  return page.good();
}

int man(const CLI::App& keypool, const Options& options) {
  if (!options.folder.empty()) {
    bool good = write_page(keypool, options.folder);
    for (const CLI::App* command : shown_commands(keypool))
      good = write_page(*command, options.folder) && good;
    return good ? kGood : kFailed;
  }
  const CLI::App* command = &keypool;
  if (!options.command.empty()) {
    command = shown_command(keypool, options.command);
    if (command == nullptr) {
      fmt::print(stderr, "keypool: there is no command {}; see: keypool --help\n", options.command);
      return kMisused;
    }
  }
  fmt::print("{}", man_page(*command, KEYPOOL_VERSION));
  return kGood;
}

}  // namespace

void add_man(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("man", "Print a manual page, for man to show");
  auto options = std::make_shared<Options>();
  command->add_option("COMMAND", options->command, "Whose (default: keypool's own)");
  command->add_option("--folder", options->folder, "Write every page into this folder instead")
      ->type_name("FOLDER");
  command->footer(
      "Examples:\n"
      "  keypool man serve | man -l -\n"
      "  keypool man --folder ~/.local/share/man/man1");
  command->callback(
      [&run, &app, options] { run = [&app, options] { return man(app, *options); }; });
}

}  // namespace keypool::cli
