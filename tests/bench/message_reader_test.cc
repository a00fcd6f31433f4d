#include "bench/http/message_reader.h"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace keypool::bench {
namespace {

using Part = MessageReader::Part;
using Side = MessageReader::Side;

/// What a reader makes of `bytes` that come `piece` at a time: the body of each message, whole.
std::vector<std::string> bodies(Side side, std::string_view bytes, std::size_t piece) {
  std::vector<std::string> found;
  MessageReader reader(side);
  std::string body;
  while (!bytes.empty()) {
    std::string_view now = bytes.substr(0, piece);
    bytes.remove_prefix(now.size());
    for (Part part; (part = reader.next(now)) != Part::more;) {
      if (part == Part::malformed) return {"malformed"};
      if (part == Part::head) body.clear();
      if (part == Part::body) body += reader.piece();
      if (part == Part::end) found.push_back(body);
    }
  }
  return found;
}

struct Case {
  const char* name;
  Side side;
  std::string_view bytes;
  std::vector<std::string> bodies;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

const Case kCases[] = {
    {"BodyOfGivenLength",
     Side::answers,
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     {"hello"}},
    {"BodyOfNoLength", Side::answers, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", {""}},
    {"BodyInChunks",
     Side::answers,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n4;x=y\r\n "
     "you\r\n0\r\n\r\n",
     {"hello you"}},
    {"ChunksWithTrailer",
     Side::answers,
     "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nx-sum: 1\r\n\r\n",
     {"a"}},
    {"RequestWithoutBody", Side::requests, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", {""}},
    {"TwoRequestsInOneGo",
     Side::requests,
     "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nbc",
     {"a", "bc"}},
    {"LengthThatIsNone",
     Side::answers,
     "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
     {"malformed"}},
    {"ChunkSizeThatIsNone",
     Side::answers,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsome\r\n",
     {"malformed"}},
};

class MessageReaderCase : public testing::TestWithParam<Case> {};

TEST_P(MessageReaderCase, ReadsTheSameHoweverTheBytesAreCut) {
  const Case& c = GetParam();

  for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
    EXPECT_THAT(bodies(c.side, c.bytes, piece), testing::ElementsAreArray(c.bodies)) << piece;
  }
}

INSTANTIATE_TEST_SUITE_P(All, MessageReaderCase, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(MessageReader, FindsHeadersByAnyCaseAndTrimsThem) {
  MessageReader reader(Side::answers);
  std::string_view bytes =
      "HTTP/1.1 429 Slow Down\r\nRetry-AFTER: \t 7 \r\nContent-Length: 0\r\n\r\n";

  ASSERT_EQ(reader.next(bytes), Part::head);

  EXPECT_EQ(reader.status(), 429);
  EXPECT_EQ(reader.header("retry-after"), "7");
  EXPECT_EQ(reader.header("retry"), std::nullopt);
}

TEST(MessageReader, AnAnswerWithoutLengthGoesOnUntilTheConnectionEnds) {
  MessageReader reader(Side::answers);
  std::string_view bytes = "HTTP/1.1 200 OK\r\n\r\nall of it";

  ASSERT_EQ(reader.next(bytes), Part::head);
  ASSERT_EQ(reader.next(bytes), Part::body);

  EXPECT_EQ(reader.piece(), "all of it");
  EXPECT_EQ(reader.next(bytes), Part::more);
}

}  // namespace
}  // namespace keypool::bench
