#include "cli/state_folder.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/exit_code.h"
#include "config/load.h"
#include "secrets/environment.h"

namespace keypool::cli {
namespace {

/// A file with mistakes is the business of `check` and `serve`.
std::string configured() {
  const auto file = config::find_file(std::nullopt);
  if (!file) return {};
  const auto config = config::load(*file);
  return config ? config->state : std::string();
}

}  // namespace

std::filesystem::path state_folder(const std::string& as_written) {
  const auto home = secrets::home_folder().value_or("");
  if (as_written.empty()) {
    return state::usual_folder(secrets::non_empty_variable("XDG_STATE_HOME").value_or(""), home);
  }
  if (as_written.starts_with("~/")) return home / as_written.substr(2);
  return as_written;
}

void add_state_option(CLI::App& command, std::string& folder) {
  command
      .add_option("--state", folder,
                  "Folder of the gateway's state (default: the configuration's, else "
                  "~/.local/state/keypool)")
      ->type_name("FOLDER");
}

state::StoreOptions state_options(const std::string& folder, state::StoreOptions::Use use) {
  return {.folder = state_folder(folder.empty() ? configured() : folder),
          .use = use,
          .warn = [](std::string_view text) { fmt::print(stderr, "keypool: {}\n", text); }};
}

int state_failed(const state::StoreError& error) {
  fmt::print(stderr, "keypool: {}\n", error.message);
  return kFailed;
}

}  // namespace keypool::cli
