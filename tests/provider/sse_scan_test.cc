// The framing of event streams, as the WHATWG describes it.
#include "provider/sse_scan.h"

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/provider/pieces.h"

namespace keypool::provider {
namespace {

struct Data : SseSink {
  void data(std::string_view part) { current += part; }
  void event_end(const char*) {
    events.push_back(current);
    current.clear();
  }

  std::string current;
  std::vector<std::string> events;
};

// The data of each event; of one that is not complete, too, at the end.
std::vector<std::string> events_in(const std::vector<std::string_view>& pieces) {
  Data sink;
  SseScan scan;
  for (const std::string_view piece : pieces) scan.feed(piece, sink);
  if (!sink.current.empty()) sink.event_end(nullptr);
  return sink.events;
}

struct Stream {
  std::string name;
  std::string bytes;
  std::vector<std::string> events;
};

void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.name; }

class Framing : public testing::TestWithParam<Stream> {};

TEST_P(Framing, WholeBytes) { EXPECT_EQ(events_in({GetParam().bytes}), GetParam().events); }

TEST_P(Framing, OneByteAtATime) {
  EXPECT_EQ(events_in(one_byte_pieces(GetParam().bytes)), GetParam().events);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, Framing,
    testing::Values(Stream{"Lf", "data: a\n\ndata: b\n\n", {"a", "b"}},
                    Stream{"Crlf", "data: a\r\n\r\ndata: b\r\n\r\n", {"a", "b"}},
                    Stream{"Cr", "data: a\r\rdata: b\r\r", {"a", "b"}},
                    Stream{"Mixed", "data: a\r\n\ndata: b\n\r\n", {"a", "b"}},
                    Stream{"SeveralLines", "data: a\ndata: b\ndata: c\n\n", {"a\nb\nc"}},
                    Stream{"NoSpace", "data:a\n\n", {"a"}},
                    Stream{"OneSpaceOnly", "data:  a\n\n", {" a"}},
                    Stream{"OtherFields", "event: x\nid: 1\nretry: 5\ndata: a\n\n", {"a"}},
                    Stream{
                        "AlikeFields", "dat: x\ndatax: y\n data: z\nDATA: w\ndata: a\n\n", {"a"}},
                    Stream{"Comments", ": hi\n\n:data: x\ndata: a\n:\n\n", {"", "a"}},
                    Stream{"ByteOrderMark",
                           "\xEF\xBB\xBF"
                           "data: a\n\n",
                           {"a"}},
                    Stream{"MarkOnlyAtTheStart",
                           "\n\xEF\xBB\xBF"
                           "data: a\n\ndata: b\n\n",
                           {"", "", "b"}},
                    Stream{"HalfAMark",
                           "\xEF\xBB"
                           "data: a\n\ndata: b\n\n",
                           {"", "b"}},
                    Stream{"NoBlankLineAtTheEnd", "data: a\n\ndata: b", {"a", "b"}},
                    Stream{"EmptyData", "data\ndata:\n\n", {""}},
                    Stream{"ColonsInside", "data: {\"a\":1}\n\n", {"{\"a\":1}"}}),
    [](const auto& stream) { return stream.param.name; });

TEST(Framing, CutsMakeNoDifference) {
  rc::check([] {
    const auto bytes = *rc::gen::container<std::string>(
        rc::gen::weightedOneOf<char>({{3, rc::gen::elementOf(std::string("\r\n\n: "))},
                                      {1, rc::gen::elementOf(std::string("data\xEF\xBB\xBF"))}}));
    RC_ASSERT(events_in({bytes}) == events_in(random_pieces(bytes)));
  });
}

}  // namespace
}  // namespace keypool::provider
