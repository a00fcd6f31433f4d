#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// What stands under names of endpoints and groups: letters, digits, `.`, `_`, `~`, `-`, which a
/// URL takes as they are, beginning with a letter or digit.
[[nodiscard]] bool is_plain_name(std::string_view text) noexcept;

/// Readers of scalars: false when `node` is none, or is not within the bounds, which are inclusive.
[[nodiscard]] bool read_whole(const YamlNode& node, int least, int most, int& value);
[[nodiscard]] bool read_count(const YamlNode& node, std::uint64_t least, std::uint64_t most,
                              std::uint64_t& value);
/// `50`, `2.5`: above 0 and at most `most`.
[[nodiscard]] bool read_decimal(const YamlNode& node, double most, double& value);
/// An amount in USD above 0, in millionths; beyond every budget is too much.
[[nodiscard]] bool read_usd(const YamlNode& node, std::uint64_t& micro_usd);
inline constexpr std::string_view kUsdExpected = "an amount in USD above 0, such as 50 or 2.5";
/// A number of tokens above 0.
[[nodiscard]] bool read_tokens(const YamlNode& node, std::uint64_t& tokens);
inline constexpr std::string_view kTokensExpected = "a whole number of tokens above 0";
[[nodiscard]] bool read_bytes(const YamlNode& node, std::uint64_t least, std::uint64_t most,
                              std::uint64_t& value);
[[nodiscard]] bool read_duration(const YamlNode& node, std::chrono::milliseconds least,
                                 std::chrono::milliseconds most, std::chrono::milliseconds& value);
/// The absolute path of a file: a relative one would be another wherever keypool is started from.
[[nodiscard]] bool read_path(const YamlNode& node, std::filesystem::path& value);
[[nodiscard]] bool read_flag(const YamlNode& node, bool& value);

/// Also refuses what looks like a secret, and says how to store it.
[[nodiscard]] bool read_plain_name(const YamlNode& node, std::string& value, Problems& problems);

}  // namespace keypool::config
