#include "cli/live_area.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string content(const File& file) {
  std::rewind(file.get());
  std::array<char, 1024> bytes{};
  return {bytes.data(), std::fread(bytes.data(), 1, bytes.size(), file.get())};
}

TEST(LiveArea, GoesUpOverWhatItDrewAndShowsTheCursorAgain) {
  const File screen(std::tmpfile(), std::fclose);
  {
    LiveArea area(screen.get());
    area.draw("one\ntwo\n");
    area.draw("three\n");
  }
  EXPECT_EQ(content(screen), "\x1b[?25lone\ntwo\n\x1b[2F\x1b[Jthree\n\x1b[?25h");
}

}  // namespace
}  // namespace keypool::cli
