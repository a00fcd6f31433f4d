#include "cli/screen.h"

#include <cerrno>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

namespace keypool::cli {

Screen::Screen(int in, int out) : in_(in), out_(out), reads_keys_(::tcgetattr(in, &before_) == 0) {
  enter();
}

void Screen::enter() {
  if (entered_) return;
  entered_ = true;
  if (reads_keys_) {
    termios single_keys = before_;
    single_keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    single_keys.c_cc[VMIN] = 1;
    single_keys.c_cc[VTIME] = 0;
    ::tcsetattr(in_, TCSADRAIN, &single_keys);
  }
  write("\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J");
}

void Screen::leave() {
  if (!entered_) return;
  entered_ = false;
  write("\x1b[?7h\x1b[?25h\x1b[?1049l");
  if (reads_keys_) ::tcsetattr(in_, TCSADRAIN, &before_);
}

std::size_t Screen::rows() const {
  winsize size{};
  if (::ioctl(out_, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

void Screen::draw(std::string_view lines) const {
  std::string bytes = "\x1b[H";
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    // Cleared first: behind a line as wide as the screen its last character would go.
    bytes.append("\x1b[K").append(lines.substr(at, end - at));
    at = end + 1;
    if (at < lines.size()) bytes.append("\r\n");
  }
  write(bytes);
}

void Screen::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t size = ::write(out_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;  // the terminal is gone: a hang-up says so
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

}  // namespace keypool::cli
