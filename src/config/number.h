#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keypool::config {

/// A whole number and nothing else: no sign, no fraction, no leading zeros but in `0`.
[[nodiscard]] std::optional<std::uint64_t> parse_whole(std::string_view text);

/// Takes a decimal number such as `1.5` from the front of `text`; nothing, and `text` as it was,
/// when none stands there.
[[nodiscard]] std::optional<double> take_decimal(std::string_view& text);

/// A number of bytes: `65536`, `64KiB`, `8MiB`, `1GiB`; `KB`, `MB`, `GB` are powers of 1000.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace keypool::config
