#pragma once

#include <cstddef>
#include <string_view>

namespace keypool::state {

/// A place in a text; both count from 1, columns in bytes.
struct TextPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// Where the byte at `offset` stands; the end of `text` when it has no such byte.
[[nodiscard]] TextPlace place_of(std::string_view text, std::size_t offset) noexcept;

}  // namespace keypool::state
