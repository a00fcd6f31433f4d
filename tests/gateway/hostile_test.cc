// Requests that must not reach a provider, or must reach it in one reading only.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Hostile, MalformedRequestsAreAnsweredAndTheConnectionCloses) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  const std::string line = "POST /openai/x HTTP/1.1\r\nHost: a\r\n";
  const struct {
    const char* rule;
    std::string bytes;
    int status;
  } rows[] = {
      {"two framings", line + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"two lengths", line + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
      {"an unknown coding", line + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"a bare LF", "GET /openai/x HTTP/1.1\nHost: a\n\n", 400},
      {"a folded header", line + "X: a\r\n b\r\n\r\n", 400},
      {"no Host", "GET /openai/x HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", line + "Host: b\r\n\r\n", 400},
      {"absolute form", "GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"TRACE", "TRACE /openai/x HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
      {"an endless head", line + "X: " + std::string(100'000, 'x'), 431},
      {"a bad chunk", line + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
  };
  for (const auto& row : rows) {
    auto client = gateway.connect();
    client.send(row.bytes + "GET /openai/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");

    const auto answer = client.read();

    ASSERT_TRUE(answer) << row.rule;
    EXPECT_EQ(answer->status(), row.status) << row.rule;
    EXPECT_EQ(answer->header("connection"), "close") << row.rule;
    EXPECT_THAT(answer->body, HasSubstr("keypool_error")) << row.rule;
    EXPECT_FALSE(client.read()) << row.rule << ": and nothing after that";
  }
  EXPECT_EQ(upstream.connections(), 0) << "none of it reached the provider";
}

TEST(Hostile, PathsThatLeaveTheBaseUrlReachNobody) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  for (const std::string target : {"/openai/../x", "/openai/%2e%2e/x", "/openai//evil/x"}) {
    EXPECT_EQ(gateway.call("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").status(), 400);
  }
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(Hostile, AHeadThatNeverEndsIsCutOff) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.head_time = 1ms;
                         }});
  auto client = gateway.connect();
  client.send("GET /openai/x HTTP/1.1\r\nHost:");
  EXPECT_NE(client.wait_for_end(), Wire::End::open);
}

TEST(Hostile, AnIdleConnectionIsClosedInTheEnd) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.idle_time = 1ms;
                         }});
  auto client = gateway.connect();
  EXPECT_EQ(client.wait_for_end(), Wire::End::closed);
}

TEST(Hostile, HeadersAreNotInjectedByWhatIsEchoed) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  const auto answer =
      gateway.call("GET /no%0d%0aX-Injected:1/\"quoted HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(answer.has("x-injected"));
}

}  // namespace
}  // namespace keypool::gateway::testing
