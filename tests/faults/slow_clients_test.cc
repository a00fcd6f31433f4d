// Clients that take their time: they are bounded in time, and cost no more memory than they may.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/balance.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::faults {
namespace {

using namespace std::chrono_literals;
using gateway::testing::always;
using gateway::testing::eventually;
using gateway::testing::json_answer;
using gateway::testing::kChat;
using gateway::testing::RunningGateway;
using gateway::testing::ScriptedUpstream;
using gateway::testing::Wire;
using ::testing::HasSubstr;

RunningGateway::Setup with(std::function<void(config::Limits&)> limit) {
  return {
      .configure = [limit = std::move(limit)](config::Config& config) { limit(config.limits); }};
}

TEST(SlowClients, AHeadThatIsNotFinishedIsAnsweredAndClosed) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), with([](auto& limits) { limits.head_time = 1ms; }));
  auto client = gateway.connect();
  client.send("GET /openai/x HTTP/1.1\r\nHost:");

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 408);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_THAT(answer->body, HasSubstr("keypool_error"));
  EXPECT_EQ(client.wait_for_end(), Wire::End::closed);
}

TEST(SlowClients, AHeadThatDripsIsNotGivenMoreTime) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), with([](auto& limits) { limits.head_time = 300ms; }));
  auto client = gateway.connect();
  client.send("GET /openai/x HTTP/1.1\r\nHost: a\r\nX: ");
  while (client.send("x")) {
    if (gateway.gateway().counters().connections == 0) break;
    std::this_thread::yield();
  }
  EXPECT_EQ(gateway.gateway().counters().connections, 0u);
}

TEST(SlowClients, ABodyThatStandsStillIsAnsweredAndClosed) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), with([](auto& limits) { limits.idle_time = 1ms; }));
  auto client = gateway.connect();
  client.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 408);
  EXPECT_THAT(answer->body, HasSubstr("body"));
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(SlowClients, ABodyThatDripsIsAnsweredAndClosed) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  for (const std::size_t kept : {8 * 1024 * 1024, 0}) {
    RunningGateway gateway(upstream.port(), with([kept](auto& limits) {
                             limits.replay_bytes = kept;
                             limits.idle_time = 300ms;
                             limits.body_rate = 1024 * 1024 * 1024;
                           }));
    auto client = gateway.connect();
    client.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    while (client.send("x") && gateway.gateway().counters().astray == 0 &&
           gateway.ended(gateway::Outcome::refused) == 0) {
      std::this_thread::yield();
    }
    const auto answer = client.read();
    ASSERT_TRUE(answer) << kept;
    EXPECT_EQ(answer->status(), 408) << kept;
  }
}

TEST(SlowClients, ErrorsBeforeTheEndOfARequestAreInTheCallersDialect) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().dialect = provider::Dialect::anthropic;
                           config.limits.body_bytes = 1024;
                         }});
  const auto answer =
      gateway.call("POST /openai/v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
  EXPECT_EQ(answer.status(), 413);
  EXPECT_THAT(answer.body, HasSubstr(R"("type":"error")"));
}

TEST(SlowClients, ACallHasATimeForAllOfIt) {
  ScriptedUpstream endless([](Wire& wire) {
    if (!wire.read()) return;
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (wire.send("5\r\nhello\r\n")) {
    }
  });
  RunningGateway gateway(endless.port(), with([](auto& limits) { limits.call_time = 300ms; }));
  auto client = gateway.connect();
  client.send(kChat);

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_FALSE(answer->whole);
  EXPECT_TRUE(gateway.idle());
}

TEST(SlowClients, ACallWithoutAnAnswerHasATimeToo) {
  ScriptedUpstream silent([](Wire& wire) {
    if (wire.read()) wire.wait_for_end();
  });
  RunningGateway gateway(silent.port(), with([](auto& limits) { limits.call_time = 100ms; }));

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 504);
  EXPECT_THAT(answer.body, HasSubstr("call_time"));
}

TEST(SlowClients, HeadsThatDripHoldLittleMemory) {
  raise_descriptor_limit();
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  constexpr std::size_t kClients = 500;
  const auto heap = heap_in_use();
  std::vector<Wire> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send("GET /openai/x HTTP/1.1\r\nHost: a\r\nX-Drip: ");
  }
  ASSERT_TRUE(eventually([&] { return gateway.gateway().counters().connections == kClients; }));
  EXPECT_LT(heap_in_use(), heap + kClients * 8 * 1024);
}

TEST(SlowClients, ReadersThatDoNotReadHoldLittleMemory) {
  constexpr std::size_t kClients = 50;  // a thread of the upstream's each
  constexpr std::size_t kAnswer = 16 * 1024 * 1024;
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kAnswer) + "\r\n\r\n";
  const std::string part(64 * 1024, 'x');
  ScriptedUpstream upstream([&](Wire& wire) {
    if (!wire.read()) return;
    wire.send(head);
    for (std::size_t sent = 0; sent < kAnswer && wire.send(part); sent += part.size()) {
    }
  });
  RunningGateway gateway(upstream.port());
  const auto before = heap_in_use();
  std::vector<Wire> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(gateway.connect());
    clients.back().set_receive_buffer(4096);
    clients.back().send(kChat);
  }
  for (auto& client : clients) EXPECT_NE(client.read_some(1), "");
  const auto heap = heap_in_use();

  auto whole = clients.front().read_until(std::string(100'000, 'x'));

  EXPECT_TRUE(whole);
  EXPECT_LT(heap, before + kClients * 400 * 1024) << "some buffers each, no answers";
}

}  // namespace
}  // namespace keypool::faults
