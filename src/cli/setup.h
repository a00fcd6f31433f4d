#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <keypool/secret_source.h>

#include "config/config.h"

namespace keypool::cli {

/// What a command works on: a configuration file, or what was found without one.
struct Setup {
  config::Config config;
  std::vector<std::string> looked_at;  ///< without a file and when nothing was found: every place
};

/// Reads the configuration, or looks around where there is none. `file` as of config::find_file.
[[nodiscard]] std::expected<Setup, std::vector<config::Problem>> read_setup(
    const std::optional<std::filesystem::path>& file, const SecretSource& secrets);

/// Reads `~/.car/env` and the configuration, or looks around where there is none. Every mistake in
/// the file is told on stderr; then there is nothing.
///
/// Call it before the first thread starts: it changes the environment.
[[nodiscard]] std::optional<Setup> set_up(const std::string& config_option);

/// The `--config` that set_up takes, in the words of a help text.
inline constexpr const char* kConfigHelp =
    "Configuration file; else $KEYPOOL_CONFIG, else ~/.config/keypool/keypool.yaml, else what the "
    "environment holds";

}  // namespace keypool::cli
