#include "cli/terminal.h"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace keypool::cli {
namespace {

constexpr int kUsualColumns = 80;

constexpr std::string_view kReset = "\x1b[0m";

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::strong:
      return "\x1b[1m";
    case Tone::faint:
      return "\x1b[2m";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
  }
  return "";
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

/// Width of the screen behind `fd`, 0 when there is none.
int screen_columns(int fd) {
  if (::isatty(fd) == 0) return 0;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

}  // namespace

Terminal terminal_with(int screen_columns, const Environment& environment) {
  if (screen_columns == 0) return {};
  const char* no_color = environment("NO_COLOR");
  const char* term = environment("TERM");
  const bool plain = (no_color != nullptr && *no_color != '\0') || term == nullptr ||
                     std::string_view(term) == "dumb";
  const bool redraws = term != nullptr && std::string_view(term) != "dumb";
  return {.interactive = redraws, .colour = !plain, .columns = screen_columns};
}

Terminal terminal_of(int fd) {
  return terminal_with(screen_columns(fd), [](const char* name) { return std::getenv(name); });
}

std::string paint(std::string_view text, Tone tone, const Terminal& terminal) {
  if (!terminal.colour || tone == Tone::plain || text.empty()) return std::string(text);
  std::string painted(escape_of(tone));
  painted.append(text).append(kReset);
  return painted;
}

std::string printable(std::string_view text) {
  std::string clean(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    // U+0080 to U+009F, which terminals also obey, are C2 80 to C2 9F in UTF-8.
    const bool c1 =
        byte == 0xC2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xA0;
    if (c1) clean.erase(i + 1, 1);
    if (c1 || byte < 0x20 || byte == 0x7F) clean[i] = '?';
  }
  return clean;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  for (const char byte : text) width += starts_character(byte) ? 1 : 0;
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && ++characters == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace keypool::cli
