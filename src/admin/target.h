#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keypool::admin {

/// `%2F` back into `/`; nothing when a `%` is not followed by two hex digits or hides a NUL.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// `/api/v1/keys/openai/A%5B0%5D` as {"api", "v1", "keys", "openai", "A[0]"}: split first and
/// decoded after, so that a name may hold a `/`. Nothing when a segment does not decode.
[[nodiscard]] std::optional<std::vector<std::string>> path_segments(std::string_view path);

/// The decoded value of the query parameter `name`; the first where it comes more than once.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// The parameter as a number from `least` to `most`; `otherwise` when there is none. Else a
/// sentence that names the parameter and what it takes.
[[nodiscard]] std::expected<std::size_t, std::string> query_number(std::string_view query,
                                                                   std::string_view name,
                                                                   std::size_t least,
                                                                   std::size_t most,
                                                                   std::size_t otherwise);

}  // namespace keypool::admin
