#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

namespace keypool::cli {

/// The last lines of a terminal, drawn over and over. Only for an interactive one; while it lives
/// the cursor is hidden.
class LiveArea {
 public:
  explicit LiveArea(std::FILE* out);
  LiveArea(const LiveArea&) = delete;
  LiveArea& operator=(const LiveArea&) = delete;
  ~LiveArea();

  /// Replaces what was drawn before. `lines` are whole lines that fit the screen's width.
  void draw(std::string_view lines);

 private:
  std::FILE* out_;
  std::size_t drawn_ = 0;
};

}  // namespace keypool::cli
