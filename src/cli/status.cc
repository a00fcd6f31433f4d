#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/figures.h"
#include "cli/key_table.h"
#include "cli/terminal.h"

namespace keypool::cli {
namespace {

struct Options {
  std::string admin;
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
  const auto answer = ask_admin(*address, "/api/v1/keys?limit=100000");
  if (!answer) {
    fmt::print(stderr, "keypool: {}\n", answer.error());
    return kFailed;
  }
  if (options.json) {
    fmt::print("{}", *answer);
    return kGood;
  }
  const auto keys = key_rows(*answer);
  if (!keys) {
    fmt::print(stderr, "keypool: {} answered, but not as a keypool does: {}\n", address->text(),
               keys.error());
    return kFailed;
  }
  if (keys->empty()) {
    fmt::print("The gateway at {} has no keys.\n", address->text());
    return kGood;
  }
  fmt::print("{}\n{}", key_table(*keys).render(terminal_of(STDOUT_FILENO)), summary(*keys));
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
  command->add_flag("--json", options->json, "Print the API's JSON, for a program to read");
  command->footer(
      "Examples:\n"
      "  keypool status\n"
      "  keypool status --admin http://127.0.0.1:9081 --json");
  command->callback([&run, options] { run = [options] { return status(*options); }; });
}

}  // namespace keypool::cli
