// Realtime connections: WebSockets, relayed both ways on one key.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string handshake(std::string_view target, std::string_view headers = {}) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(headers) + "\r\n";
}

const std::string kRealtime = handshake("/openai/v1/realtime?model=m");
const std::string kSwitched =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nopenai-organization: org-1\r\n\r\n";

// A server's, which are not masked.
std::string frame(char opcode, std::string_view payload) {
  std::string out{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(payload.size()));
  } else {
    out.push_back(127);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(payload.size() >> shift & 0xff));
    }
  }
  return out.append(payload);
}

std::string text(std::string_view payload) { return frame(1, payload); }
const std::string kClose = frame(8, std::string("\x03\xe8", 2) + "bye");

// A client's message, masked with zeros.
std::string masked(std::string_view payload) {
  return std::string{'\x81', static_cast<char>(0x80 | payload.size())} + std::string(4, '\0') +
         std::string(payload);
}

std::string done(int input, int output) {
  return text(R"({"type":"response.done","response":{"usage":{"input_tokens":)" +
              std::to_string(input) + R"(,"output_tokens":)" + std::to_string(output) + "}}}");
}

Wire connected(const RunningGateway& gateway, const std::string& request = kRealtime) {
  auto client = gateway.connect();
  client.send(request);
  EXPECT_THAT(client.read_head(), HasSubstr("101 Switching Protocols"));
  return client;
}

TEST(WebSocket, IsRelayedBothWaysByteForByte) {
  const std::string hello = text("hello") + frame(9, "ping") + frame(2, std::string(200'000, 'x'));
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + hello);
    if (!wire.read_until(masked("from the client"))) return;
    wire.send(text("heard") + kClose);
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kRealtime);
  const auto head = client.read_head();
  client.send(masked("from the client"));

  EXPECT_EQ(client.read_all(), hello + text("heard") + kClose);

  EXPECT_THAT(head, HasSubstr("upgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("connection: Upgrade\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(head, HasSubstr("x-keypool-key: K0\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("org-1")));
  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).successes, 1u);
  EXPECT_EQ(gateway.ended(Outcome::answered), 1u);
}

TEST(WebSocket, PutsThePoolsKeyInPlaceOfTheClients) {
  Notes heads;
  ScriptedUpstream upstream([&heads](Wire& wire) {
    heads.add(wire.read_head());
    wire.send(kSwitched + kClose);
  });
  RunningGateway gateway(upstream.port());

  connected(gateway,
            handshake("/openai/v1/realtime?model=m&key=client-secret",
                      "Authorization: Bearer client-secret\r\n"
                      "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                      "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.client-secret, "
                      "openai-organization.theirs, openai-beta.realtime-v1\r\n"));

  const auto head = heads.last();
  EXPECT_THAT(head, HasSubstr("GET /v1/realtime?model=m HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("authorization: Bearer sk-0\r\n"));
  EXPECT_THAT(head, HasSubstr("connection: Upgrade\r\nupgrade: websocket\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Protocol: realtime, openai-beta.realtime-v1\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("client-secret")));
  EXPECT_THAT(head, Not(HasSubstr("theirs")));
  EXPECT_THAT(head, Not(HasSubstr("permessage-deflate"))) << "the tap reads what is said";
}

TEST(WebSocket, ARefusedHandshakeMovesToAnotherKey) {
  for (const auto& refusal : {kThrottled, kBadKey, kNoCredit, kOverloaded}) {
    ScriptedUpstream upstream([refusal](Wire& wire) {
      while (true) {
        const auto head = wire.read_head();
        if (head.empty()) return;
        if (head.find("sk-0") == std::string::npos) break;
        wire.send(refusal);
      }
      wire.send(kSwitched + kClose);
    });
    RunningGateway gateway(upstream.port(), {.keys = 2});

    connected(gateway);
    connected(gateway);

    ASSERT_TRUE(gateway.idle());
    EXPECT_EQ(gateway.key(1).successes, 2u);
  }
}

TEST(WebSocket, ThatIsRefusedForGoodIsToldInTheProvidersWords) {
  ScriptedUpstream upstream(always(json_answer(400, R"({"error":{"message":"no such voice"}})")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kRealtime);

  EXPECT_EQ(answer.status(), 400);
  EXPECT_THAT(answer.body, HasSubstr("no such voice"));
}

TEST(WebSocket, CountsWhatEachAnswerUsed) {
  const std::string said = done(20, 10) + text("not JSON") + done(30, 5) + kClose;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched);
    wire.send_bytewise(said);
  });
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(connected(gateway).read_all(), said);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_input_tokens, 50u);
  EXPECT_EQ(gateway.key(0).total_output_tokens, 15u);
}

TEST(WebSocket, OfAClientThatVanishesEndsAndIsPaidFor) {
  Event ended;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + done(20, 10));
    if (wire.wait_for_end() != Wire::End::open) ended.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = connected(gateway);
  ASSERT_TRUE(client.read_until("response.done"));

  client.reset();

  EXPECT_TRUE(ended.wait());
  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_output_tokens, 10u);
  EXPECT_EQ(gateway.ended(Outcome::hung_up), 1u);
}

TEST(WebSocket, OfAClientThatLeavesAfterTheGoodbyeHasNotHungUp) {
  Event ended;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + done(20, 10) + kClose);
    if (wire.wait_for_end() != Wire::End::open) ended.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = connected(gateway);
  ASSERT_TRUE(client.read_until(kClose));

  client.close();

  EXPECT_TRUE(ended.wait());
  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_output_tokens, 10u);
  EXPECT_EQ(gateway.ended(Outcome::answered), 1u);
  EXPECT_EQ(gateway.ended(Outcome::hung_up), 0u);
}

TEST(WebSocket, WhoseProviderVanishesIsClosedWithTheReason) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + done(20, 10));
    wire.read_until(masked("go"));
    wire.reset();
  });
  RunningGateway gateway(upstream.port());
  auto client = connected(gateway);
  ASSERT_TRUE(client.read_until("response.done"));
  client.send(masked("go"));

  EXPECT_THAT(client.read_all(), EndsWith("\x03\xf3"
                                          "the provider's connection broke off"));

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_output_tokens, 10u);
  EXPECT_EQ(gateway.ended(Outcome::broken), 1u);
}

TEST(WebSocket, WithinAFrameIsBrokenOffWithoutOneOfKeypoolsOwn) {
  const std::string half = text(std::string(100, 'x')).substr(0, 50);
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + half);
  });
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(connected(gateway).read_all(), half);
}

TEST(WebSocket, IsClosedWhenTheGatewayStops) {
  Event ended;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched + text("hello"));
    if (wire.wait_for_end() != Wire::End::open) ended.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = connected(gateway);
  ASSERT_TRUE(client.read_until("hello"));
  std::string rest;
  std::thread reader([&] {
    rest = client.read_all();
    client.close();
  });

  EXPECT_EQ(gateway.gateway().drain(10s), 0u);

  reader.join();
  EXPECT_EQ(rest, std::string("\x88\x15\x03\xe9", 4) + "keypool is stopping");
  EXPECT_TRUE(ended.wait());
}

TEST(WebSocket, OnWhichNobodySpeaksIsClosed) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched);
    wire.wait_for_end();
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.idle_time = 100ms;
                         }});

  EXPECT_THAT(connected(gateway).read_all(), EndsWith("nothing was said for too long"));

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).failures, 0u);
}

// Each side sends far more than anybody holds before it reads: only if both directions go on by
// themselves, and neither is read ahead of the other side, does everything arrive.
TEST(WebSocket, MovesMuchBothWaysAtOnce) {
  constexpr std::size_t kMuch = 16'000'000;
  const std::string down = frame(2, std::string(kMuch, 'd'));
  std::atomic<std::size_t> heard = 0;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read_head();
    wire.send(kSwitched);
    std::thread sender([&] { wire.send(down); });
    while (heard < kMuch) {
      const auto bytes = wire.read_some();
      if (bytes.empty()) break;
      heard += bytes.size();
    }
    sender.join();
    wire.send(kClose);
  });
  RunningGateway gateway(upstream.port());
  auto client = connected(gateway);
  std::thread sender([&] { client.send(std::string(kMuch, 'u')); });

  const auto all = client.read_all();

  sender.join();
  EXPECT_TRUE(all == down + kClose) << all.size();
  EXPECT_EQ(heard, kMuch);
}

TEST(WebSocket, ThatIsAnsweredLikeAnyCallIsOne) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kRealtime);
  EXPECT_EQ(client.read()->body, "{}");
  client.send(kChat);
  EXPECT_EQ(client.read()->body, "{}");
}

TEST(WebSocket, ThatNobodyAskedForIsNoAnswer) {
  ScriptedUpstream upstream(always(kSwitched));
  RunningGateway gateway(upstream.port());
  EXPECT_EQ(gateway.call(kChat).status(), 502);
}

}  // namespace
}  // namespace keypool::gateway::testing
