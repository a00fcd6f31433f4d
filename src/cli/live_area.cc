#include "cli/live_area.h"

#include <algorithm>

#include <fmt/core.h>

namespace keypool::cli {

LiveArea::LiveArea(std::FILE* out) : out_(out) {
  fmt::print(out_, "\x1b[?25l");
  std::fflush(out_);
}

LiveArea::~LiveArea() {
  fmt::print(out_, "\x1b[?25h");
  std::fflush(out_);
}

void LiveArea::draw(std::string_view lines) {
  if (drawn_ > 0) fmt::print(out_, "\x1b[{}F\x1b[J", drawn_);
  fmt::print(out_, "{}", lines);
  std::fflush(out_);
  drawn_ = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
}

}  // namespace keypool::cli
