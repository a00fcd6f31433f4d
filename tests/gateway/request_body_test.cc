// Request bodies: kept for another try, streamed beyond that, and refused when they are too large.
#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kKept = 10'000;

RunningGateway::Setup keeps_little(int keys = 2) {
  return {.keys = keys, .configure = [](config::Config& config) {
            config.limits.replay_bytes = kKept;
            config.limits.body_bytes = 50'000'000;
          }};
}

std::string numbered(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

std::string chunked(std::string_view body, std::size_t chunk) {
  std::string bytes;
  for (std::size_t i = 0; i < body.size(); i += chunk) {
    const auto part = body.substr(i, chunk);
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    bytes.append(size).append(part).append("\r\n");
  }
  return bytes + "0\r\n\r\n";
}

const std::string kChunkedHead =
    "POST /openai/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(RequestBody, ReachesUpstreamWhateverItsSizeAndFraming) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kKept - 1, kKept, kKept + 1,
                                 3 * kKept, std::size_t{3'000'000}}) {
    const auto body = numbered(size);
    const std::string requests[] = {post("/openai/x", body), kChunkedHead + chunked(body, 4096)};
    for (const auto& request : requests) {
      Notes seen;
      ScriptedUpstream upstream([&seen](Wire& wire) {
        const auto message = wire.read();
        if (message && message->whole) seen.add(message->body);
        wire.send(json_answer(200, "{}"));
      });
      RunningGateway gateway(upstream.port(), keeps_little());

      const auto answer = gateway.call(request);

      EXPECT_EQ(answer.status(), 200) << size;
      EXPECT_TRUE(seen.last() == body) << size;
    }
  }
}

TEST(RequestBody, KeepsItsLengthOrIsChunkedAgain) {
  Notes framings;
  ScriptedUpstream upstream([&framings](Wire& wire) {
    while (const auto request = wire.read()) {
      framings.add("length " + request->header("content-length") + ", coding " +
                   request->header("transfer-encoding"));
      wire.send(json_answer(200, "{}"));
    }
  });
  RunningGateway gateway(upstream.port(), keeps_little());

  gateway.call(kChunkedHead + chunked("small", 2));
  EXPECT_EQ(framings.last(), "length 5, coding ") << "known once it is here whole";

  gateway.call(kChunkedHead + chunked(numbered(2 * kKept), 4096));
  EXPECT_EQ(framings.last(), "length , coding chunked");

  gateway.call("POST /openai/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(framings.last(), "length 0, coding ");

  gateway.call("GET /openai/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(framings.last(), "length , coding ");
}

TEST(RequestBody, TheConnectionServesAnotherRequestAfterAStreamedOne) {
  ScriptedUpstream upstream([](Wire& wire) {
    while (const auto request = wire.read()) {
      wire.send(json_answer(200, std::to_string(request->body.size())));
    }
  });
  RunningGateway gateway(upstream.port(), keeps_little());
  auto client = gateway.connect();
  client.send(kChunkedHead + chunked(numbered(100'000), 700) + post("/openai/x", numbered(50'000)) +
              kChat);

  EXPECT_EQ(client.read()->body, "100000");
  EXPECT_EQ(client.read()->body, "50000");
  EXPECT_EQ(client.read()->status(), 200);
  EXPECT_EQ(upstream.connections(), 2) << "what can be sent only once gets a new connection";
}

TEST(RequestBody, ExpectContinueIsAnswered) {
  ScriptedUpstream upstream([](Wire& wire) {
    const auto request = wire.read();
    wire.send(json_answer(request && request->has("expect") ? 500 : 200, request->body));
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(
      "POST /openai/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

  ASSERT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");

  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->body, "hello");
}

TEST(RequestBody, TooLargeByItsHeadIsRefusedBeforeItIsSent) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), keeps_little());
  auto client = gateway.connect();
  client.send(
      "POST /openai/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
      "Content-Length: 50000001\r\n\r\n");

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 413);
  EXPECT_THAT(answer->body, HasSubstr(R"("code":"request_too_large")"));
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Wire::End::closed);
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(RequestBody, TooLargeAsItComesIsRefused) {
  ScriptedUpstream upstream([](Wire& wire) { wire.read(); });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.replay_bytes = 1000;
                           config.limits.body_bytes = 5000;
                         }});
  // Beyond what is kept, so that it is found while the body is passed on.
  const auto answer = gateway.call(kChunkedHead + chunked(numbered(20'000), 100));

  EXPECT_EQ(answer.status(), 413);
  EXPECT_TRUE(gateway.idle());
}

TEST(RequestBody, MalformedChunksAreRefusedAndNeverPassedOn) {
  for (const bool beyond_what_is_kept : {false, true}) {
    std::atomic<bool> seen_whole = false;
    Event over;
    ScriptedUpstream upstream([&](Wire& wire) {
      const auto request = wire.read();
      seen_whole = request && request->whole;
      over.raise();
    });
    RunningGateway gateway(upstream.port(), keeps_little());
    const auto good = numbered(beyond_what_is_kept ? 2 * kKept : 10);
    auto bytes = chunked(good, 1000);
    bytes.resize(bytes.size() - 5);  // without the last chunk

    const auto answer = gateway.call(kChunkedHead + bytes + "zz\r\nGET /smuggled HTTP/1.1\r\n\r\n");

    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(answer.header("connection"), "close");
    ASSERT_TRUE(gateway.idle());
    if (beyond_what_is_kept) {
      ASSERT_TRUE(over.wait());
      EXPECT_FALSE(seen_whole);
    } else {
      EXPECT_EQ(upstream.connections(), 0);
    }
  }
}

TEST(RequestBody, AnAnswerThatComesEarlyIsPassedOn) {
  // The provider refuses as soon as it has seen the head, and reads no more.
  Event refused;
  ScriptedUpstream upstream([&refused](Wire& wire) {
    wire.read_head();
    wire.send(json_answer(403, R"({"error":{"message":"not for you"}})", "Connection: close\r\n"));
    refused.raise();
    wire.wait_for_end();
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.replay_bytes = 1000;
                           config.endpoints.front().keyless = true;
                         }});
  auto client = gateway.connect();
  const auto body = numbered(200'000);
  client.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n" + body);
  ASSERT_TRUE(refused.wait());

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 403);
  EXPECT_EQ(answer->body, R"({"error":{"message":"not for you"}})");
  EXPECT_EQ(answer->header("connection"), "close");
}

TEST(RequestBody, AnEarlyRefusalOfTheKeyIsTriedWithAnother) {
  // The whole body is kept, but the first key is refused before it is sent to its end.
  const auto body = numbered(6'000'000);
  Notes seen;
  ScriptedUpstream upstream({[](Wire& wire) {
                               wire.read_head();
                               wire.send(json_answer(429,
                                                     R"({"error":{"code":"rate_limit_exceeded"}})",
                                                     "Connection: close\r\nRetry-After: 9\r\n"));
                               wire.wait_for_end();
                             },
                             [&seen](Wire& wire) {
                               if (const auto request = wire.read()) seen.add(request->body);
                               wire.send(json_answer(200, "{}"));
                             }});
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(post("/openai/x", body));

  EXPECT_EQ(answer.status(), 200);
  EXPECT_TRUE(seen.last() == body);
}

TEST(RequestBody, ABodyThatCannotBeSentAgainIsNotTriedAgain) {
  std::atomic<int> calls = 0;
  ScriptedUpstream upstream([&calls](Wire& wire) {
    while (wire.read()) {
      ++calls;
      wire.send(json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})"));
    }
  });
  RunningGateway gateway(upstream.port(), keeps_little());

  const auto answer = gateway.call(post("/openai/x", numbered(5 * kKept)));

  EXPECT_EQ(answer.status(), 429);
  EXPECT_EQ(answer.body, R"({"error":{"code":"rate_limit_exceeded"}})");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(
      gateway.pool().stats("openai")[0].rate_limits + gateway.pool().stats("openai")[1].rate_limits,
      1u);
}

TEST(RequestBody, ALargeUploadPassesWithBoundedMemory) {
  constexpr std::size_t kSize = 40'000'000;
  std::atomic<std::size_t> received = 0;
  ScriptedUpstream upstream([&received](Wire& wire) {
    wire.read_head();
    while (received < kSize) {
      const auto piece = wire.read_some();
      if (piece.empty()) return;
      received += piece.size();
    }
    wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port(), keeps_little());
  auto client = gateway.connect();
  client.send("POST /openai/x HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n");
  const std::string piece(1'000'000, 'x');
  for (std::size_t sent = 0; sent < kSize; sent += piece.size()) ASSERT_TRUE(client.send(piece));

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(received, kSize);
}

}  // namespace
}  // namespace keypool::gateway::testing
