#pragma once

#include <filesystem>
#include <string>

#include "state/store.h"

namespace CLI {
class App;
}

namespace keypool::cli {

/// The folder that a configuration or an option names: `~/` is the user's home, nothing the usual
/// folder, `:memory:` itself.
[[nodiscard]] std::filesystem::path state_folder(const std::string& as_written);

/// Adds `--state`, the folder that a running gateway keeps its state in.
void add_state_option(CLI::App& command, std::string& folder);

/// The state in `folder`, else where the configuration says. It opens at its first use.
[[nodiscard]] state::StoreOptions state_options(const std::string& folder,
                                                state::StoreOptions::Use use);

/// Says on stderr why the state could not be used; kFailed.
int state_failed(const state::StoreError& error);

}  // namespace keypool::cli
