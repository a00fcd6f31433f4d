#include "state/text_place.h"

#include <algorithm>

namespace keypool::state {

TextPlace place_of(std::string_view text, std::size_t offset) noexcept {
  const auto before = text.substr(0, std::min(offset, text.size()));
  const auto newline = before.rfind('\n');
  const auto line_start = newline == before.npos ? 0 : newline + 1;
  return {.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
          .column = 1 + before.size() - line_start};
}

}  // namespace keypool::state
