// A client that leaves ends what was done for it.
#include <string>

#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;

class HangingUp : public ::testing::TestWithParam<bool> {
 protected:
  // As an orderly close or as a reset.
  static void hang_up(Wire& client) { GetParam() ? client.reset() : client.close(); }
};

INSTANTIATE_TEST_SUITE_P(Ways, HangingUp, ::testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "Reset" : "Close");
});

TEST_P(HangingUp, BeforeTheAnswerCancelsTheCall) {
  Event asked;
  Event cancelled;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    asked.raise();
    if (wire.wait_for_end() != Wire::End::open) cancelled.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_TRUE(asked.wait());

  hang_up(client);

  EXPECT_TRUE(cancelled.wait());
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::hung_up), 1u);
  EXPECT_EQ(gateway.key(0).abandoned, 1u);
}

TEST_P(HangingUp, InAStreamCancelsTheCallAndCountsWhatWasSeen) {
  Event cancelled;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    const std::string event =
        "data: {\"choices\":[{\"delta\":{\"content\":\"some text of a stream\"}}]}\n\n";
    wire.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", event.size());
    wire.send(size + event + "\r\n");
    if (wire.wait_for_end() != Wire::End::open) cancelled.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_TRUE(client.read_until("some text"));

  hang_up(client);

  EXPECT_TRUE(cancelled.wait());
  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::hung_up), 1u);
  EXPECT_GT(gateway.key(0).total_output_tokens, 0u);
}

TEST_P(HangingUp, WhileWaitingForAKeyGivesThePlaceUp) {
  ScriptedUpstream upstream(always(
      json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})", "Retry-After: 8\r\n")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().max_wait = 3600s;
                         }});
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_TRUE(eventually([&] { return gateway.key(0).rate_limits == 1; }));
  ASSERT_EQ(gateway.gateway().in_flight(), 1u);

  hang_up(client);

  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(upstream.connections(), 1);
}

TEST_P(HangingUp, InTheRequestsBodyReachesNobody) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  ASSERT_TRUE(eventually([&] { return gateway.gateway().in_flight() == 1; }));

  hang_up(client);

  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(upstream.connections(), 0);
}

TEST_P(HangingUp, InTheRequestsHeadIsNoCall) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send("POST /openai/x HT");
  hang_up(client);

  EXPECT_TRUE(eventually([&] { return gateway.gateway().counters().connections == 0; }));
  EXPECT_EQ(upstream.connections(), 0);
}

TEST_P(HangingUp, WithRequestsSentAheadIsNoticedAllTheSame) {
  Event asked;
  Event cancelled;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    asked.raise();
    if (wire.wait_for_end() != Wire::End::open) cancelled.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat + kChat + kChat);
  ASSERT_TRUE(asked.wait());

  hang_up(client);

  EXPECT_TRUE(cancelled.wait());
  EXPECT_TRUE(gateway.idle());
}

}  // namespace
}  // namespace keypool::gateway::testing
