#include <algorithm>
#include <exception>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/process.h"
#include "secrets/key_shape.h"

namespace keypool::cli {
namespace {

/// What the parser would repeat.
bool any_secret(std::span<char* const> arguments) {
  return std::ranges::any_of(arguments,
                             [](const char* text) { return secrets::key_shape(text).has_value(); });
}

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
  add_reload(app, chosen);
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
    if (error.get_exit_code() != 0 && any_secret({argv + 1, argv + argc})) {
      fmt::print(stderr,
                 "keypool: an argument looks like a secret. Secrets are never arguments, which "
                 "every program on this machine can see: keypool secrets put --help\n");
      return kMisused;
    }
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
