#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keypool::cli {

/// When `value` looks like a key of another provider than the one whose variable `name` is: a
/// sentence that says so. Names that are no provider's variable may hold anything.
[[nodiscard]] std::optional<std::string> misfit(std::string_view name, std::string_view value);

}  // namespace keypool::cli
