#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"

namespace keypool::cli {

/// Adds every command of keypool to `app`, and what `keypool --help` says. What the user chose
/// becomes `run`.
void add_all_commands(CLI::App& app, Run& run);

/// The commands below `command` that its help shows.
[[nodiscard]] std::vector<const CLI::App*> shown_commands(const CLI::App& command);

/// The one of them called `name`, or null.
[[nodiscard]] const CLI::App* shown_command(const CLI::App& command, std::string_view name);

/// A sentence for whoever wrote a word where a command has to stand and that is none; else empty.
[[nodiscard]] std::string unknown_command(const CLI::App& keypool,
                                          const std::vector<std::string>& words);

/// `keypool secrets put`
[[nodiscard]] std::string full_name(const CLI::App& command);

}  // namespace keypool::cli
