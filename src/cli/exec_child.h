#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace keypool::cli {

/// Runs `command`, found in $PATH, in our place: with our input, output and environment, in which
/// each of `variables` is `value` instead of what it was. Ctrl-C is for the command alone. The exit
/// code; 128 + the signal's number when one ended it. The error says why it could not be run.
[[nodiscard]] std::expected<int, std::string> run_in_our_place(
    const std::vector<std::string>& command, const std::vector<std::string>& variables,
    std::string_view value);

}  // namespace keypool::cli
