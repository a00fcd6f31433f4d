#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include <keypool/limits.h>

namespace keypool::state {

/// The value of `all` that is spelled `text`; nothing for a word of a later version.
template <typename Values>
std::optional<typename Values::value_type> spelled(const Values& all, std::string_view text) {
  const auto found =
      std::ranges::find_if(all, [text](const auto value) { return to_string(value) == text; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

[[nodiscard]] constexpr std::array<Dimension, kDimensions> all_dimensions() noexcept {
  std::array<Dimension, kDimensions> all{};
  for (std::size_t at = 0; at < kDimensions; ++at) all[at] = static_cast<Dimension>(at);
  return all;
}

}  // namespace keypool::state
