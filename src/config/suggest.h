#pragma once

#include <span>
#include <string>
#include <string_view>

namespace keypool::config {

/// `; did you mean `cooldown`?` when one of `known` is close enough to `given` for a slip of the
/// finger; else nothing.
[[nodiscard]] std::string did_you_mean(std::string_view given,
                                       std::span<const std::string_view> known);

}  // namespace keypool::config
