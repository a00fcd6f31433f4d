#include <algorithm>
#include <exception>
#include <span>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command_tree.h"
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
  CLI::App app;
  Run chosen;
  add_all_commands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0 && any_secret({argv + 1, argv + argc})) {
      fmt::print(stderr,
                 "keypool: an argument looks like a secret. Secrets are never arguments, which "
                 "every program on this machine can see: keypool secrets put --help\n");
      return kMisused;
    }
    const auto unknown = unknown_command(app, {argv + 1, argv + argc});
    if (error.get_exit_code() == 0 || unknown.empty()) {
      return app.exit(error) == 0 ? kGood : kMisused;
    }
    fmt::print(stderr, "keypool: {}\n", unknown);
    return kMisused;
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
