#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace keypool::cli {

/// What the stream we write to can show.
struct Terminal {
  bool interactive = false;  ///< a person's screen: it may be redrawn, and it has a right edge
  bool colour = false;
  int columns = 80;  ///< of no meaning when not interactive
};

/// Reads an environment variable; null where it is not set.
using Environment = std::function<const char*(const char* name)>;

/// `screen_columns` is 0 for a pipe or a file. Colours are off there, with NO_COLOR set to anything
/// (no-color.org) and on a terminal that calls itself dumb.
[[nodiscard]] Terminal terminal_with(int screen_columns, const Environment& environment);

/// The facts about an open file descriptor.
[[nodiscard]] Terminal terminal_of(int fd);

/// What a piece of text means to the reader; the palette is in one place, `paint`.
enum class Tone { plain, strong, faint, good, warn, bad };

/// `text` in the colour of `tone`, or as it is where colours are off.
[[nodiscard]] std::string paint(std::string_view text, Tone tone, const Terminal& terminal);

/// `text` with control characters replaced by `?`: what came over the wire must not steer the
/// operator's terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// How many columns `text` takes up: its UTF-8 characters.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// The first `width` columns of `text`, the last of them `…` where something was cut off.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);

}  // namespace keypool::cli
