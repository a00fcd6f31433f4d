// An upstream that breaks off, stalls or talks nonsense.
#include <atomic>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// One try only, so that the first failure is what the client hears of.
RunningGateway::Setup one_try() {
  return {.configure = [](config::Config& config) { config.endpoints.front().attempts = 1; }};
}

TEST(Breaking, AnAnswerThatBreaksOffNeverLooksWhole) {
  const struct {
    const char* name;
    std::string bytes;
  } rows[] = {
      {"in a length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"},
      {"before a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"},
      {"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"},
      {"in a chunk's size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n1"},
      {"before the last line",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n"},
      {"with a malformed chunk",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n"},
  };
  for (const auto& row : rows) {
    for (const bool by_reset : {false, true}) {
      ScriptedUpstream upstream([&](Wire& wire) {
        wire.read();
        wire.send(row.bytes);
        if (by_reset) wire.reset();
      });
      RunningGateway gateway(upstream.port());
      auto client = gateway.connect();
      client.send(kChat);

      const auto answer = client.read();

      // A reset may overtake the bytes before it; then there was no answer at all.
      ASSERT_TRUE(answer) << row.name;
      if (answer->status() == 200) {
        EXPECT_FALSE(answer->whole) << row.name;
        EXPECT_NE(client.wait_for_end(), Wire::End::open) << row.name;
      } else {
        EXPECT_TRUE(by_reset) << row.name;
        EXPECT_EQ(answer->status(), 502) << row.name;
      }
      EXPECT_TRUE(gateway.idle()) << row.name;
      EXPECT_EQ(gateway.key(0).successes, 0u) << row.name;
    }
  }
}

TEST(Breaking, WhereverAnAnswerIsCutItDoesNotLookWhole) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string bytes = head + "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n";
  std::atomic<std::size_t> cut = 0;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    wire.send(bytes.substr(0, cut));
  });
  RunningGateway gateway(upstream.port(), {.keys = 1, .configure = [](config::Config& config) {
                                             config.endpoints.front().keyless = true;
                                             config.endpoints.front().attempts = 1;
                                           }});
  for (; cut <= bytes.size(); ++cut) {
    const auto answer = gateway.call(kChat);
    if (cut < head.size()) {
      EXPECT_EQ(answer.status(), 502) << cut;
    } else {
      EXPECT_EQ(answer.status(), 200) << cut;
      EXPECT_EQ(answer.whole, cut == bytes.size()) << cut;
    }
  }
  EXPECT_TRUE(gateway.idle());
}

TEST(Breaking, AnOldClientSeesAResetInsteadOfAnEnd) {
  Event read;
  ScriptedUpstream upstream([&read](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    ASSERT_TRUE(read.wait());
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send("GET /openai/x HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(client.read_until("half"));
  read.raise();

  EXPECT_EQ(client.wait_for_end(), Wire::End::reset);
}

TEST(Breaking, GarbageIs502) {
  for (const std::string bytes :
       {"hello\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"}) {
    ScriptedUpstream upstream([&bytes](Wire& wire) {
      wire.read();
      wire.send(bytes);
      wire.wait_for_end();
    });
    RunningGateway gateway(upstream.port(), one_try());

    const auto answer = gateway.call(kChat);

    EXPECT_EQ(answer.status(), 502) << bytes;
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"upstream_unreachable")")) << bytes;
    EXPECT_TRUE(gateway.idle());
  }
}

TEST(Breaking, AnEndlessHeadIs502) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\n");
    while (wire.send("X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  RunningGateway gateway(upstream.port(), one_try());
  EXPECT_EQ(gateway.call(kChat).status(), 502);
}

TEST(Breaking, EndlessInterimAnswersAre502) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    while (wire.send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  RunningGateway gateway(upstream.port(), one_try());
  EXPECT_EQ(gateway.call(kChat).status(), 502);
}

TEST(Breaking, AConnectionThatEndsBeforeTheAnswerIs502) {
  for (const std::string bytes : {"", "HTTP/1.1 200 OK\r\nContent-Le"}) {
    ScriptedUpstream upstream(once(bytes));
    RunningGateway gateway(upstream.port(), one_try());
    EXPECT_EQ(gateway.call(kChat).status(), 502);
  }
}

TEST(Breaking, SilenceIs504) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    wire.wait_for_end();
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.first_byte_time = 1ms;
                         }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 504);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"upstream_timeout")"));
  EXPECT_TRUE(gateway.idle());
}

TEST(Breaking, AStreamThatFallsSilentIsCut) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    wire.wait_for_end();
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.idle_time = 500ms;
                         }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.body, "half");
  EXPECT_FALSE(answer.whole);
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::broken), 1u);
}

TEST(Breaking, AnErrorWhoseBodyBreaksOffIsStillJudgedByItsStatus) {
  ScriptedUpstream upstream({once("HTTP/1.1 429 X\r\nContent-Length: 1000\r\n\r\n{\"error\""),
                             always(json_answer(200, "fine"))});
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.body, "fine");
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
}

TEST(Breaking, AHugeErrorBodyIsReadWithinBoundsAndPassedOn) {
  const std::string body(1'000'000, 'e');
  ScriptedUpstream upstream(always(json_answer(400, body)));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 400);
  EXPECT_TRUE(answer.body == body);
  EXPECT_TRUE(answer.whole);
}

}  // namespace
}  // namespace keypool::gateway::testing
