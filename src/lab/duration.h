#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keypool::lab {

/// `300ms`, `1.5s`, `2m` or `1h`. Nothing for anything else.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// As Go prints durations and OpenAI tells them: `12ms`, `7.66s`, `6m0s`, `1h0m0.5s`. Rounded up to
/// whole milliseconds.
[[nodiscard]] std::string go_duration(std::chrono::nanoseconds duration);

/// Whole seconds, rounded up.
[[nodiscard]] std::string whole_seconds(std::chrono::nanoseconds duration);

}  // namespace keypool::lab
