#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/process.h"

namespace keypool::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app("One endpoint, many API keys: a gateway and its tools.", "keypool");
  app.set_version_flag("--version", "keypool " KEYPOOL_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);
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

  Run chosen;
  add_serve(app, chosen);
  add_check(app, chosen);
  add_status(app, chosen);
  add_demo(app, chosen);
  add_secrets(app, chosen);
  add_token(app, chosen);
  add_usage(app, chosen);
  add_stats(app, chosen);
  add_init(app, chosen);
  add_exec(app, chosen);
  add_lab(app, chosen);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kMisused;
  }
  return chosen();
}

}  // namespace
}  // namespace keypool::cli

int main(int argc, char** argv) {
  keypool::cli::harden_process();
  try {
    return keypool::cli::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "keypool: {}\n", error.what());
    return keypool::cli::kFailed;
  }
}
