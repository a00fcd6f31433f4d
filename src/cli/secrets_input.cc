#include "cli/secrets_input.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include "secrets/value.h"

namespace keypool::cli {
namespace {

using secrets::WipedText;

/// The terminal without echo, each key at once and Ctrl-C as a key, so that it is always put back.
class SilentTerminal {
 public:
  SilentTerminal() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

 private:
  termios before_{};
};

/// Bytes that are wiped when they move to a larger place.
class Collected {
 public:
  void add(std::string_view bytes) {
    if (filled_ + bytes.size() > text_.size()) {
      WipedText larger((filled_ + bytes.size()) * 2);
      std::memcpy(larger.data(), text_.data(), filled_);
      text_ = std::move(larger);
    }
    bytes.copy(text_.data() + filled_, bytes.size());
    filled_ += bytes.size();
  }
  void drop_last() noexcept {
    if (filled_ > 0) --filled_;
  }
  void drop_all() noexcept { filled_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return filled_; }

  [[nodiscard]] WipedText take() {
    text_.truncate(filled_);
    return std::move(text_);
  }

 private:
  WipedText text_{4096};
  std::size_t filled_ = 0;
};

std::expected<WipedText, std::string> typed(const std::string& prompt) {
  constexpr char kCancel = 3;      // Ctrl-C
  constexpr char kEnd = 4;         // Ctrl-D
  constexpr char kClearLine = 21;  // Ctrl-U
  Collected line;
  {
    const SilentTerminal silent;
    fmt::print(stderr, "{}", prompt);
    std::fflush(stderr);
    for (char key = 0; ::read(STDIN_FILENO, &key, 1) == 1 && key != '\n' && key != '\r';) {
      if (key == kCancel) return std::unexpected("nothing was stored");
      if (key == kEnd) break;
      if (key == kClearLine) {
        line.drop_all();
      } else if (key == '\b' || key == '\x7F') {
        line.drop_last();
      } else {
        line.add({&key, 1});
      }
    }
  }
  fmt::print(stderr, "\n");
  return line.take();
}

std::expected<WipedText, std::string> piped() {
  Collected all;
  WipedText piece(64 * 1024);
  for (;;) {
    const auto size = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected("standard input cannot be read");
    if (size == 0) return all.take();
    all.add({piece.data(), static_cast<std::size_t>(size)});
    if (all.size() > secrets::kMaxValueBytes) {
      return std::unexpected(
          fmt::format("standard input is longer than {} bytes", secrets::kMaxValueBytes));
    }
  }
}

}  // namespace

std::expected<WipedText, std::string> read_secret(const std::string& prompt) {
  return ::isatty(STDIN_FILENO) != 0 ? typed(prompt) : piped();
}

}  // namespace keypool::cli
