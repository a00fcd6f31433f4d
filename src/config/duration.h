#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace keypool::config {

/// `60s`, `500ms`, `1.5s`, `1h30m`: numbers that each have a unit of d, h, m, s, ms. Nothing for
/// any other text, a bare number among them, and for more than ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace keypool::config
