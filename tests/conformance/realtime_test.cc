// Realtime connections through the gateway, with a WebSocket client that is not of this project.
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using enum Dialect;
using ::testing::HasSubstr;

/// A client's end of a realtime connection.
class Line {
 public:
  Line(std::uint16_t port, const std::string& target) : stream_(io_) {
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream_.handshake(answer_, "127.0.0.1", target);
  }

  [[nodiscard]] std::string header(const std::string& name) const {
    return std::string(answer_[name]);
  }

  void say(std::string_view message) { stream_.write(asio::buffer(message)); }

  std::string hear() {
    boost::beast::flat_buffer buffer;
    stream_.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
  }

  void hear_until(std::string_view text) {
    while (hear().find(text) == std::string::npos) {
    }
  }

  /// Reads on; why the other side has closed.
  websocket::close_reason end() {
    boost::system::error_code ec;
    boost::beast::flat_buffer buffer;
    while (!ec) {
      stream_.read(buffer, ec);
      buffer.clear();
    }
    return stream_.reason();
  }

  void hang_up() { stream_.close(websocket::close_code::normal); }
  void ping() { stream_.ping("are you there"); }

 private:
  asio::io_context io_;
  websocket::stream<asio::ip::tcp::socket> stream_;
  websocket::response_type answer_;
};

const std::string kOpenai = "/lab/v1/realtime?model=lab-model";
const std::string kGemini =
    "/lab/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

void ask(Line& line, Dialect dialect) {
  if (dialect == gemini) {
    line.say(
        R"({"clientContent":{"turns":[{"parts":[{"text":"12345678"}]}],"turnComplete":true}})");
    line.hear_until("turnComplete");
    return;
  }
  line.say(
      R"({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"12345678"}]}})");
  line.say(R"({"type":"response.create"})");
  line.hear_until("response.done");
}

class Realtime : public ::testing::TestWithParam<Dialect> {};

TEST_P(Realtime, ConversationsAreCountedToTheToken) {
  const Stage stage({.dialect = GetParam(),
                     .scenario = {.pace = {.tokens_from = 3, .tokens_to = 40}},
                     .policy = Policy::round_robin});
  for (int connection = 0; connection < 6; ++connection) {
    Line line(stage.port(), GetParam() == gemini ? kGemini : kOpenai);
    if (GetParam() == gemini) {
      line.say(R"({"setup":{"model":"models/lab-model"}})");
      line.hear_until("setupComplete");
    } else {
      line.hear_until("session.created");
    }
    line.ping();
    for (int turn = 0; turn < 4; ++turn) ask(line, GetParam());
    line.hang_up();
  }

  ASSERT_TRUE(stage.idle());
  std::uint64_t connections = 0;
  for (const auto* name : {"a", "twin", "b"}) {
    EXPECT_EQ(stage.key(name).total_input_tokens, stage.observed(name).input_tokens) << name;
    EXPECT_EQ(stage.key(name).total_output_tokens, stage.observed(name).output_tokens) << name;
    connections += stage.key(name).successes;
  }
  EXPECT_EQ(connections, 6u);
  EXPECT_GT(stage.key("b").total_output_tokens, 0u);
}

INSTANTIATE_TEST_SUITE_P(Speaks, Realtime, ::testing::Values(openai, gemini),
                         [](const auto& instance) {
                           return std::string(provider::to_string(instance.param));
                         });

TEST(Realtime, RefusedAtTheHandshakeGoesToAnotherAccount) {
  const Stage stage({.scenario = {.faults = {says("openai.rate_limit_in_seconds", "a")}}});

  Line line(stage.port(), kOpenai);

  EXPECT_EQ(line.header("x-keypool-key"), "b");
  EXPECT_EQ(line.header("x-keypool-attempts"), "2");
  EXPECT_THAT(line.hear(), HasSubstr("session.created"));
  ASSERT_TRUE(stage.resting_lane("a"));
}

TEST(Realtime, BrokenOffByTheProviderIsToldAndCountedSoFar) {
  lab::Fault fault{.at = lab::FaultPoint::mid_body};
  fault.kind = lab::FaultKind::cut;
  const Stage stage(
      {.scenario = {.pace = {.tokens_from = 40, .tokens_to = 40}, .faults = {fault}}});
  Line line(stage.port(), kOpenai);
  line.say(R"({"type":"response.create"})");

  EXPECT_EQ(line.end().code, 1011);

  ASSERT_TRUE(stage.idle());
  EXPECT_GE(stage.key("a").total_output_tokens, 20u) << "an estimate, which errs high";
  EXPECT_EQ(stage.key("a").failures, 1u);
}

}  // namespace
}  // namespace keypool::conformance
