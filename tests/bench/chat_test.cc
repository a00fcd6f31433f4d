#include "bench/http/chat.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "bench/http/message_reader.h"

namespace keypool::bench {
namespace {

struct Message {
  std::string body;
  std::string credential;
  std::string shape;
};

Message read(MessageReader::Side side, std::string_view wire) {
  MessageReader reader(side);
  Message message;
  for (MessageReader::Part part; (part = reader.next(wire)) != MessageReader::Part::end;) {
    EXPECT_NE(part, MessageReader::Part::more) << "the message is not complete";
    if (part == MessageReader::Part::more) break;
    if (part == MessageReader::Part::body) message.body += reader.piece();
    message.credential = reader.header("authorization").value_or("");
    message.shape = reader.header(kShapeHeader).value_or("");
  }
  return message;
}

/// The stream that a provider sends for `shape`, event i made i nanoseconds after the clock's
/// beginning.
std::string stream(const StreamShape& shape) {
  std::string wire(stream_head());
  for (int i = 0; i < shape.events; ++i) append_event(wire, shape, Moment(nanoseconds(i)));
  append_stream_end(wire, shape);
  return wire;
}

TEST(Chat, ARequestHasABodyOfTheSizeAskedFor) {
  const auto wire = to_wire({.credential = "sk-1", .body_bytes = 1024});

  const Message message = read(MessageReader::Side::requests, wire);

  EXPECT_EQ(message.body.size(), 1024);
  EXPECT_EQ(message.credential, "Bearer sk-1");
  EXPECT_EQ(nlohmann::json::parse(message.body)["model"], "gpt-4.1");
  EXPECT_FALSE(asks_for_stream(message.body));
}

TEST(Chat, ARequestForAStreamCarriesItsShapeAndAsksForUsage) {
  const auto wire = to_wire({.stream = StreamShape{.events = 3, .bytes = 200, .every_ms = 7}});

  const Message message = read(MessageReader::Side::requests, wire);
  const auto shape = shape_from_header(message.shape);

  EXPECT_TRUE(asks_for_stream(message.body));
  EXPECT_EQ(nlohmann::json::parse(message.body)["stream_options"]["include_usage"], true);
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->events, 3);
  EXPECT_EQ(shape->bytes, 200);
  EXPECT_EQ(shape->every_ms, 7);
}

TEST(Chat, APlainAnswerHasTheSizeAskedForAndUsage) {
  const Message message = read(MessageReader::Side::answers, plain_answer(600));

  EXPECT_EQ(message.body.size(), 600);
  EXPECT_EQ(nlohmann::json::parse(message.body)["usage"]["total_tokens"], 243);
}

TEST(Chat, EveryEventOfAStreamIsJsonOfTheSizeAskedFor) {
  const StreamShape shape{.events = 2, .bytes = 240};
  const Message message = read(MessageReader::Side::answers, stream(shape));

  const auto first = message.body.substr(0, message.body.find("\n\n") + 2);

  EXPECT_EQ(first.size(), 240);
  EXPECT_FALSE(nlohmann::json::parse(first.substr(6))["choices"][0]["delta"]["content"].empty());
}

TEST(EventFinder, FindsEveryEventHoweverTheStreamIsCut) {
  const Message message = read(MessageReader::Side::answers, stream({.events = 4, .bytes = 240}));

  for (std::size_t piece = 1; piece < message.body.size(); ++piece) {
    EventFinder finder;
    std::vector<std::int64_t> made;
    std::string_view rest = message.body;
    while (!rest.empty()) {
      finder.feed(rest.substr(0, piece),
                  [&](Moment moment) { made.push_back(moment.time_since_epoch().count()); });
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    EXPECT_THAT(made, testing::ElementsAre(0, 1, 2, 3)) << piece;
    EXPECT_TRUE(finder.done());
  }
}

TEST(EventFinder, AStreamWithoutItsLastWordIsNotDone) {
  EventFinder finder;

  finder.feed("data: {}\n\n", [](Moment) { FAIL(); });

  EXPECT_FALSE(finder.done());
}

}  // namespace
}  // namespace keypool::bench
