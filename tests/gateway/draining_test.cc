// How a gateway starts and ends.
#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Starting, AnAddressInUseIsNamed) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway first(upstream.port());
  config::Config config;
  config.listen = {"127.0.0.1", first.gateway().port()};
  KeyPool pool;
  Gateway second(config, pool);

  const auto started = second.start();

  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("127.0.0.1:" + std::to_string(first.gateway().port())));
  EXPECT_THAT(started.error(), HasSubstr("in use"));
}

TEST(Starting, AHostThatIsNoneIsNamed) {
  config::Config config;
  config.listen = {kNoHost, 0};
  KeyPool pool;
  EXPECT_THAT(Gateway(config, pool).start().error(), HasSubstr(kNoHost));
}

TEST(Starting, MayBeOnIpv6) {
  config::Config config;
  config.listen = {"::1", 0};
  KeyPool pool;
  Gateway gateway(config, pool);
  const auto started = gateway.start();
  if (!started && started.error().find("Cannot assign") != std::string::npos) {
    GTEST_SKIP() << "this machine has no ::1";
  }
  ASSERT_TRUE(started) << started.error();
  EXPECT_NE(gateway.port(), 0);
}

TEST(Draining, LetsRunningCallsEndAndTakesNoNewOnes) {
  Event asked;
  Event finish;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    asked.raise();
    if (finish.wait()) wire.send("4\r\nlate\r\n0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto idle = gateway.connect();
  auto busy = gateway.connect();
  busy.send(kChat);
  ASSERT_TRUE(asked.wait());

  auto drained = std::async(std::launch::async, [&] { return gateway.gateway().drain(10s); });

  EXPECT_EQ(idle.wait_for_end(), Wire::End::closed) << "nothing was asked on it";
  EXPECT_THROW(gateway.connect(), std::runtime_error);
  finish.raise();
  const auto answer = busy.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "late");
  EXPECT_TRUE(answer->whole);
  EXPECT_EQ(busy.wait_for_end(), Wire::End::closed);
  EXPECT_EQ(drained.get(), 0u);
}

TEST(Draining, AnswersSayThatTheConnectionCloses) {
  Event asked;
  Event finish;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    asked.raise();
    if (finish.wait()) wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port());
  auto idle = gateway.connect();
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_TRUE(asked.wait());
  auto drained = std::async(std::launch::async, [&] { return gateway.gateway().drain(10s); });
  ASSERT_EQ(idle.wait_for_end(), Wire::End::closed);  // the draining has begun

  finish.raise();

  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_EQ(drained.get(), 0u);
}

TEST(Draining, CutsOffWhatOutlastsTheGrace) {
  Event asked;
  Event cancelled;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    asked.raise();
    if (wire.wait_for_end() != Wire::End::open) cancelled.raise();
  });
  RunningGateway gateway(upstream.port(), {.threads = 2});
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_TRUE(asked.wait());

  EXPECT_EQ(gateway.gateway().drain(0ms), 1u);

  EXPECT_TRUE(cancelled.wait());
  EXPECT_NE(client.wait_for_end(), Wire::End::open);
  EXPECT_EQ(gateway.gateway().in_flight(), 0u);
}

// A port where nobody answers: whoever comes after the first waits for ever.
class FullPort {
 public:
  FullPort() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    first_.emplace(Wire::to(port_));
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  ~FullPort() { ::close(listener_); }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::optional<Wire> first_;
};

TEST(Draining, CutsOffCallsInEveryState) {
  // One that sends its head, one its body, one that waits for a key, one that connects, one that
  // streams, one that does not read.
  Event streaming;
  ScriptedUpstream upstream([&](Wire& wire) {
    const auto request = wire.read();
    if (!request) return;
    if (request->body.find("throttle") != std::string::npos) {
      wire.send(json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})"));
      return;
    }
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    streaming.raise();
    while (wire.send("1000\r\n" + std::string(4096, 'x') + "\r\n")) {
    }
  });
  const FullPort full;
  RunningGateway gateway(upstream.port(), {.configure = [&full](config::Config& config) {
                           config.endpoints.front().max_wait = 3600s;
                           auto far = config.endpoints.front();
                           far.name = "far";
                           far.base_url.port = full.port();
                           config.endpoints.push_back(far);
                         }});
  auto in_head = gateway.connect();
  in_head.send("GET /openai");
  auto in_body = gateway.connect();
  in_body.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  auto connecting = gateway.connect();
  connecting.send(post("/far/x", "{}"));
  auto not_reading = gateway.connect();
  not_reading.send(post("/openai/x", R"({"model":"a"})"));
  ASSERT_TRUE(streaming.wait());
  auto waiting = gateway.connect();
  waiting.send(post("/openai/x", R"({"model":"throttle"})"));
  ASSERT_TRUE(eventually([&] { return gateway.key(0).rate_limits == 1; }));

  ASSERT_TRUE(eventually([&] { return gateway.gateway().in_flight() == 4; }));
  EXPECT_EQ(gateway.gateway().drain(0ms), 3u) << "the one that waits is told to try again";
  const auto refused = waiting.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), 429);
  EXPECT_EQ(refused->header("retry-after"), "1");
  EXPECT_EQ(refused->header("x-should-retry"), "true");
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.gateway().counters().connections, 0u);
}

TEST(Draining, MayBeAskedForTwiceAndWithoutAStart) {
  config::Config config;
  config.listen = {"127.0.0.1", 0};
  KeyPool pool;
  Gateway gateway(config, pool);
  EXPECT_EQ(gateway.drain(1s), 0u);
  ASSERT_TRUE(gateway.start());
  EXPECT_EQ(gateway.drain(1s), 0u);
  EXPECT_EQ(gateway.drain(1s), 0u);
}

}  // namespace
}  // namespace keypool::gateway::testing
