// Frames found in the bytes of a WebSocket.
#include "http/websocket.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::http {
namespace {

struct Seen {
  std::vector<std::string> messages{""};
  int closes = 0;

  void data(std::string_view piece) { messages.back().append(piece); }
  void message_end() { messages.emplace_back(); }
  void close() { ++closes; }
};

std::string header(int first, std::size_t size) {
  std::string out{static_cast<char>(first)};
  if (size < 126) return out + static_cast<char>(size);
  const int bytes = size < 65536 ? 2 : 8;
  out.push_back(static_cast<char>(bytes == 2 ? 126 : 127));
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(size >> (8 * i) & 0xff));
  return out;
}

std::string frame(int first, const std::string& payload) {
  return header(first, payload.size()) + payload;
}

TEST(FrameScan, FindsMessagesWhateverThePieces) {
  const std::string medium(300, 'm');
  const std::string large(70'000, 'l');
  const std::string bytes = frame(0x81, "text") + frame(0x82, medium) + frame(0x01, "in ") +
                            frame(0x89, "ping between") + frame(0x80, "two") + frame(0x81, "") +
                            frame(0x82, large) + frame(0x88, "\x03\xe8");
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    FrameScan scan;
    Seen seen;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      scan.feed(std::string_view(bytes).substr(at, size), seen);
    }
    EXPECT_EQ(seen.messages, (std::vector<std::string>{"text", medium, "in two", "", large, ""}))
        << size;
    EXPECT_EQ(seen.closes, 1) << size;
    EXPECT_TRUE(scan.at_boundary()) << size;
  }
}

TEST(FrameScan, KnowsWhereAnotherFrameMayBePutIn) {
  const std::string bytes = frame(0x81, "text");
  FrameScan scan;
  Seen seen;
  EXPECT_TRUE(scan.at_boundary());
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    scan.feed(std::string_view(bytes).substr(i, 1), seen);
    EXPECT_FALSE(scan.at_boundary()) << i;
  }
  scan.feed(std::string_view(bytes).substr(bytes.size() - 1), seen);
  EXPECT_TRUE(scan.at_boundary());
}

TEST(FrameScan, LooksNoFurtherThanItUnderstands) {
  for (const std::string bytes : {std::string("\xc1\x04text"), std::string("\x81\x84maskdata")}) {
    FrameScan scan;
    Seen seen;
    scan.feed(bytes + frame(0x81, "more"), seen);
    EXPECT_EQ(seen.messages, std::vector<std::string>{""});
    EXPECT_FALSE(scan.at_boundary());
  }
}

TEST(CloseFrame, HasCodeAndReason) {
  EXPECT_EQ(close_frame(CloseCode::going_away, "gone"), "\x88\x06\x03\xe9gone");
}

}  // namespace
}  // namespace keypool::http
