#include "http/body.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace keypool::http {
namespace {

constexpr Framing kChunked{Framing::Kind::chunked, 0};

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  std::string trouble;
};

// Feeds `bytes` in pieces of `size`.
Decoded decode(const Framing& framing, std::string_view bytes, std::size_t size) {
  BodyDecoder decoder(framing);
  Decoded decoded;
  while (decoded.used < bytes.size() && !decoder.done()) {
    auto piece = bytes.substr(decoded.used, size);
    while (!piece.empty() && !decoder.done()) {
      const auto step = decoder.next(piece);
      if (!step) {
        decoded.trouble = step.error().what;
        return decoded;
      }
      decoded.body += step->data;
      decoded.used += step->used;
      piece.remove_prefix(step->used);
    }
  }
  decoded.done = decoder.done();
  return decoded;
}

TEST(BodyDecoder, TakesNoMoreThanTheLength) {
  const auto decoded = decode({Framing::Kind::length, 5}, "helloGET / HTTP/1.1", 100);
  EXPECT_EQ(decoded.body, "hello");
  EXPECT_EQ(decoded.used, 5u);
  EXPECT_TRUE(decoded.done);
}

TEST(BodyDecoder, IsDoneAtOnceWithoutABody) {
  EXPECT_TRUE(BodyDecoder(Framing{}).done());
  EXPECT_TRUE(BodyDecoder(Framing{Framing::Kind::length, 0}).done());
}

TEST(BodyDecoder, UntilCloseIsDoneWhenTheConnectionEnds) {
  BodyDecoder decoder(Framing{Framing::Kind::until_close, 0});
  ASSERT_EQ(decoder.next("abc")->data, "abc");
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.end());
  EXPECT_TRUE(decoder.done());
}

TEST(BodyDecoder, AnEndBeforeTheEndIsNone) {
  BodyDecoder length(Framing{Framing::Kind::length, 5});
  ASSERT_TRUE(length.next("abc"));
  EXPECT_FALSE(length.end());

  BodyDecoder chunked(kChunked);
  ASSERT_TRUE(chunked.next("0\r\n"));
  EXPECT_FALSE(chunked.end());
}

TEST(BodyDecoder, ChunksAreTheSameInPiecesOfAnySize) {
  const std::string bytes =
      "5\r\nhello\r\n"
      "1;name=value;other=\"quoted\"\r\n \r\n"
      "00000A \t\r\n0123456789\r\n"
      "0\r\nTrailer: dropped\r\nOther: x\r\n\r\n"
      "next";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    const auto decoded = decode(kChunked, bytes, size);
    EXPECT_EQ(decoded.trouble, "");
    EXPECT_EQ(decoded.body, "hello 0123456789");
    EXPECT_TRUE(decoded.done);
    EXPECT_EQ(bytes.substr(decoded.used), "next");
  }
}

TEST(BodyDecoder, RefusesMalformedChunks) {
  using std::string_literals::operator""s;
  const struct {
    const char* rule;
    std::string bytes;
  } rows[] = {
      {"no size", "\r\nhello"},
      {"no size before an extension", ";x\r\n"},
      {"a size of letters", "g\r\n"},
      {"0x", "0x5\r\nhello\r\n"},
      {"a sign", "+5\r\nhello\r\n"},
      {"a negative size", "-1\r\n"},
      {"a blank before the size", " 5\r\nhello\r\n"},
      {"a blank within the size", "5 5\r\nhello\r\n"},
      {"a size that overflows", "fffffffffffffffff\r\n"},
      {"a size of many zeros", "00000000000000000000005\r\nhello\r\n"},
      {"bare LF behind the size", "5\nhello\r\n"},
      {"bare CR behind the size", "5\rhello\r\n"},
      {"NUL behind the size", "5\0\r\nhello\r\n"s},
      {"data longer than the size", "5\r\nhello!\r\n"},
      {"data that ends with LF", "5\r\nhello\n0\r\n\r\n"},
      {"bare LF in an extension", "5;a\nb\r\nhello\r\n"},
      {"NUL in an extension", "5;\0\r\nhello\r\n"s},
      {"bare LF in a trailer", "0\r\nX: 1\n\r\n"},
      {"a folded trailer", "0\r\n X: 1\r\n\r\n"},
      {"NUL in a trailer", "0\r\nX: \0\r\n\r\n"s},
      {"bare LF at the end", "0\r\n\n"},
      {"CR without LF at the end", "0\r\n\rX"},
      {"an endless extension", "5;" + std::string(100'000, 'x')},
      {"an endless trailer", "0\r\nX: " + std::string(100'000, 'x')},
  };
  for (const auto& row : rows) {
    for (const std::size_t size : {std::size_t{1}, row.bytes.size()}) {
      EXPECT_NE(decode(kChunked, row.bytes, size).trouble, "") << row.rule;
    }
  }
}

std::string hex(std::size_t value) {
  std::string digits;
  for (; value > 0; value /= 16) digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
  return digits;
}

RC_GTEST_PROP(BodyDecoder, GivesBackWhatWasChunked, (const std::vector<std::string>& parts)) {
  std::string bytes;
  std::string body;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    bytes += hex(part.size()) + "\r\n" + part + "\r\n";
    body += part;
  }
  bytes += "0\r\n\r\n";
  const auto size = *rc::gen::inRange<std::size_t>(1, bytes.size() + 1);

  const auto decoded = decode(kChunked, bytes, size);

  RC_ASSERT(decoded.trouble.empty());
  RC_ASSERT(decoded.done);
  RC_ASSERT(decoded.body == body);
  RC_ASSERT(decoded.used == bytes.size());
}

RC_GTEST_PROP(BodyDecoder, JudgesAnyBytesTheSameWholeAndInPieces, (const std::string& noise)) {
  const auto whole = decode(kChunked, noise, noise.size() + 1);
  const auto pieces = decode(kChunked, noise, 1);
  RC_ASSERT(whole.trouble == pieces.trouble);
  RC_ASSERT(whole.done == pieces.done);
  RC_ASSERT(whole.body == pieces.body);
}

}  // namespace
}  // namespace keypool::http
