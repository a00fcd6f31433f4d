#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/command_tree.h"
#include "cli/exit_code.h"
#include "cli/process.h"

namespace keypool::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app;
  Run chosen;
  add_all_commands(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
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
