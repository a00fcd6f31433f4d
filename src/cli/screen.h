#pragma once

#include <cstddef>
#include <string_view>

#include <termios.h>

#include "cli/terminal.h"

namespace keypool::cli {

/// The whole terminal, drawn over and over: its alternate screen, without cursor, wrapping and
/// echo. What was on it before comes back when this ends, or in between with `leave`.
class Screen {
 public:
  /// `out` is a terminal; keys are read from `in` where that is one.
  Screen(int in, int out);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { leave(); }

  void enter();
  void leave();

  /// What the terminal can show now, and its lines.
  [[nodiscard]] Terminal terminal() const { return terminal_of(out_); }
  [[nodiscard]] std::size_t rows() const;

  /// Puts these lines, as many as the terminal has, in the place of those before.
  void draw(std::string_view lines) const;

 private:
  void write(std::string_view bytes) const;

  int in_;
  int out_;
  termios before_{};  // before reads_keys_, whose value comes from reading it
  bool reads_keys_;
  bool entered_ = false;
};

}  // namespace keypool::cli
