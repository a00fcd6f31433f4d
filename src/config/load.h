#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret_source.h>

#include "config/config.h"

namespace keypool::config {

/// Parses and checks a configuration file. All problems found are returned, in file order.
[[nodiscard]] std::expected<Config, std::vector<Problem>> load(const std::filesystem::path& file);

/// As `load`, from text; `file` is only named in problems.
[[nodiscard]] std::expected<Config, std::vector<Problem>> parse(std::string_view yaml,
                                                                const std::filesystem::path& file);

/// Where the admin API listens, by a configuration's text. One with mistakes elsewhere tells it as
/// well: the gateway that runs was started before they were made.
[[nodiscard]] Listen parse_admin_listen(std::string_view yaml);

/// As `parse_admin_listen`, from a file; the usual address where it cannot be read.
[[nodiscard]] Listen load_admin_listen(const std::filesystem::path& file);

/// Which file to read: `flag`, else $KEYPOOL_CONFIG, else $XDG_CONFIG_HOME/keypool/keypool.yaml
/// (~/.config/…) where that exists, else nothing: zero-config.
[[nodiscard]] std::optional<std::filesystem::path> find_file(
    const std::optional<std::filesystem::path>& flag);

/// Without a file: an endpoint for each known provider whose variable resolves, and a keyless one
/// for each model server that `answers` on its usual port of this machine. Endpoints are empty when
/// nothing was found; `looked_at` then lists every place in words.
struct ZeroConfig {
  Config config;
  std::vector<std::string> looked_at;
};
[[nodiscard]] ZeroConfig zero_config(
    const SecretSource& secrets,
    const std::function<bool(const std::string& host, std::uint16_t port)>& answers);

}  // namespace keypool::config
