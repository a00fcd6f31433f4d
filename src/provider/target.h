#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keypool::provider {

/// A target up to its query.
[[nodiscard]] std::string_view path_of(std::string_view target) noexcept;

/// `percent%20decoded`; what is no valid escape stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// The raw value of the first query parameter called `name`.
[[nodiscard]] std::optional<std::string_view> query_value(std::string_view target,
                                                          std::string_view name) noexcept;

/// What stands between `before` and the next `/` or the path's end; nothing when `before` is not
/// there.
[[nodiscard]] std::optional<std::string_view> segment_after(std::string_view path,
                                                            std::string_view before) noexcept;

}  // namespace keypool::provider
