#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/key_table.h"
#include "cli/status_watch.h"
#include "cli/terminal.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string admin;
  bool watch = false;
  bool json = false;
};

std::string summary(const std::vector<KeyRow>& keys) {
  std::size_t ready = 0;
  for (const KeyRow& key : keys) ready += key.state == "ready" ? 1 : 0;
  return fmt::format("{} of {} ready.\n", whole_count(ready), counted(keys.size(), "key"));
}

int status(const Options& options) {
  const auto address = admin_address(options.admin);
  if (!address) {
    fmt::print(stderr, "keypool: {}\n", address.error());
    return kMisused;
  }
  if (options.watch) {
    const bool on_screen = !options.json && terminal_of(STDOUT_FILENO).interactive;
    return on_screen ? watch_on_screen(*address) : watch_as_lines(*address, options.json);
  }
  const auto answer = ask_admin(*address, "/api/v1/keys?limit=100000");
  if (!answer) {
    fmt::print(stderr, "keypool: {}\n", answer.error());
    return kFailed;
  }
  if (options.json) {
    fmt::print("{}", *answer);
    return kGood;
  }
  const auto page = key_page(*answer);
  if (!page) {
    fmt::print(stderr, "keypool: {} answered, but not as a keypool does: {}\n", address->text(),
               page.error());
    return kFailed;
  }
  if (page->keys.empty()) {
    fmt::print("The gateway at {} has no keys.\n", address->text());
    return kGood;
  }
  fmt::print("{}\n{}", key_table(page->keys).render(terminal_of(STDOUT_FILENO)),
             summary(page->keys));
  return kGood;
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("status", "Show the keys of a running gateway");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--admin", options->admin,
                   "The gateway's admin API (default: the configuration's, else "
                   "http://127.0.0.1:8081)")
      ->type_name("URL");
  command->add_flag("--watch", options->watch,
                    "Show it live until q; in a pipe a line for each change of a key's state");
  command->add_flag("--json", options->json,
                    "Print the API's JSON, for a program to read; with --watch one object a line");
  command->footer(
      "While watching: q leaves, s sorts by headroom, state, load or rate limits, arrows and "
      "space\n"
      "scroll.\n\n"
      "Examples:\n"
      "  keypool status\n"
      "  keypool status --watch\n"
      "  keypool status --watch --json | tee keys.log\n"
      "  keypool status --admin http://127.0.0.1:9081 --json");
  command->callback([&run, options] { run = [options] { return status(*options); }; });
}

}  // namespace keypool::cli
