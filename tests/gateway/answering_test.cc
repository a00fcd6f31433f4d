// How answers of every framing reach clients of both versions.
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

const std::string kEvents =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    "9\r\ndata: a\n\n\r\n"
    "e;ext=1\r\ndata: [DONE]\n\n\r\n"
    "0\r\nTrailer: dropped\r\n\r\n";

TEST(Answering, RelaysAnAnswerAndSaysWhichKeyGaveIt) {
  ScriptedUpstream upstream(always(json_answer(200, R"({"id":1})", "x-request-id: r1\r\n")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, R"({"id":1})");
  EXPECT_EQ(answer.header("x-request-id"), "r1");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(answer.header("x-keypool-endpoint"), "openai");
  EXPECT_EQ(answer.header("x-keypool-key"), "K0");
  EXPECT_EQ(answer.header("x-keypool-attempts"), "1");
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).successes, 1u);
}

TEST(Answering, UpstreamSeesThePoolsKeyAndNeverTheClients) {
  Notes seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    seen.add(wire.read_head());
    wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port());

  gateway.call(post("/openai/v1/x?key=client-secret", "",
                    "Authorization: Bearer client-secret\r\nx-api-key: client-secret\r\n"));

  EXPECT_THAT(seen.last(), ::testing::StartsWith("POST /v1/x HTTP/1.1\r\nhost: 127.0.0.1:"));
  EXPECT_THAT(seen.last(), HasSubstr("authorization: Bearer sk-0\r\n"));
  EXPECT_THAT(seen.last(), ::testing::Not(HasSubstr("client-secret")));
}

TEST(Answering, UsageIsCountedFromTheAnswer) {
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"usage":{"prompt_tokens":12,"completion_tokens":5}})")));
  RunningGateway gateway(upstream.port());

  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_input_tokens, 12u);
  EXPECT_EQ(gateway.key(0).total_output_tokens, 5u);
}

const std::string kUsageEvent =
    R"(data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})"
    "\n\n";

// A provider that tells the usage of a stream to those who ask.
ScriptedUpstream::Script tells_usage_when_asked(bool with_length) {
  return [with_length](Wire& wire) {
    while (const auto request = wire.read()) {
      const bool asked = request->body.find(R"("include_usage":true)") != std::string::npos;
      const auto body = R"(data: {"choices":[{"delta":{"content":"hi"}}]})"
                        "\n\n" +
                        (asked ? kUsageEvent : "") + "data: [DONE]\n\n";
      char size[16];
      std::snprintf(size, sizeof size, "%zx", body.size());
      std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
      answer += with_length ? "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body
                            : "Transfer-Encoding: chunked\r\n\r\n" + std::string(size) + "\r\n" +
                                  body + "\r\n0\r\n\r\n";
      if (!wire.send(answer)) return;
    }
  };
}

TEST(Answering, AStreamsUsageIsAskedForAndItsEventTakenOutAgain) {
  for (const bool with_length : {false, true}) {
    ScriptedUpstream upstream(tells_usage_when_asked(with_length));
    RunningGateway gateway(upstream.port());

    const auto answer =
        gateway.call(post("/openai/v1/chat/completions", R"({"model":"m","stream":true})"));

    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.body,
              "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n");
    ASSERT_TRUE(gateway.idle());
    EXPECT_EQ(gateway.key(0).total_input_tokens, 7u);
    EXPECT_EQ(gateway.key(0).total_output_tokens, 3u);
  }
}

TEST(Answering, AClientThatAskedForUsageGetsIt) {
  ScriptedUpstream upstream(tells_usage_when_asked(false));
  RunningGateway gateway(upstream.port());

  const auto answer =
      gateway.call(post("/openai/v1/chat/completions",
                        R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})"));

  EXPECT_THAT(answer.body, HasSubstr(kUsageEvent));
  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).total_output_tokens, 3u);
}

TEST(Answering, StreamsComeOutInChunksWithoutTrailers) {
  ScriptedUpstream upstream(always(kEvents));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
  EXPECT_EQ(answer.body, "data: a\n\ndata: [DONE]\n\n");
  EXPECT_TRUE(answer.whole);
}

TEST(Answering, AnEventIsPassedOnBeforeTheNextComes) {
  Event read_first;
  ScriptedUpstream upstream([&read_first](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n");
    ASSERT_TRUE(read_first.wait());
    wire.send("9\r\ndata: b\n\n\r\n0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat);

  ASSERT_TRUE(client.read_until("data: a\n\n\r\n"));
  read_first.raise();
  EXPECT_TRUE(client.read_until("data: b\n\n\r\n0\r\n\r\n"));
}

TEST(Answering, IsTheSameHoweverUpstreamsBytesAreSplit) {
  const std::string answers[] = {
      json_answer(200, R"({"id":1})"),
      json_answer(404, R"({"error":{"message":"no such model"}})"),
      kEvents,
  };
  for (const auto& bytes : answers) {
    ScriptedUpstream whole(always(bytes));
    ScriptedUpstream bytewise([&bytes](Wire& wire) {
      while (wire.read() && wire.send_bytewise(bytes)) {
      }
    });
    const auto expected = RunningGateway(whole.port()).call(kChat);
    const auto answer = RunningGateway(bytewise.port()).call(kChat);

    EXPECT_EQ(answer.start, expected.start);
    EXPECT_EQ(answer.headers, expected.headers);
    EXPECT_EQ(answer.body, expected.body);
    EXPECT_TRUE(answer.whole);
  }
}

TEST(Answering, IsTheSameHoweverTheClientsBytesAreSplit) {
  Notes seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    while (const auto request = wire.read()) {
      seen.add(request->body);
      wire.send(json_answer(200, "{}"));
    }
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send_bytewise(
      "\r\nPOST /openai/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nT: 1\r\n\r\n");

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(seen.last(), "hello world");
}

TEST(Answering, OneConnectionServesManyCallsOnOneUpstreamConnection) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();

  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.send(kChat));
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status(), 200);
  }
  EXPECT_EQ(upstream.connections(), 1);
}

TEST(Answering, PipelinedRequestsAreAnsweredInOrder) {
  ScriptedUpstream upstream([](Wire& wire) {
    while (const auto request = wire.read()) wire.send(json_answer(200, request->body));
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  std::string all;
  for (int i = 0; i < 20; ++i) all += post("/openai/v1/x", std::to_string(i));
  client.send(all);

  for (int i = 0; i < 20; ++i) {
    const auto answer = client.read();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->body, std::to_string(i));
  }
}

TEST(Answering, ConnectionCloseIsKept) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(post("/openai/v1/x", "{}", "Connection: close\r\n"));

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Wire::End::closed);
}

TEST(Answering, AnUpstreamThatClosesIsNotUsedAgain) {
  ScriptedUpstream upstream(once(json_answer(200, "{}", "Connection: close\r\n")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(kChat);
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 200);
    EXPECT_FALSE(answer->has("connection")) << "what upstream does is not the client's business";
  }
  EXPECT_EQ(upstream.connections(), 3);
}

TEST(Answering, AnAnswerUntilCloseIsChunkedForTheClient) {
  ScriptedUpstream upstream(once("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end"));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
  EXPECT_EQ(answer.body, "to the end");
  EXPECT_TRUE(answer.whole);
}

TEST(Answering, AnOldClientGetsAStreamUntilClose) {
  ScriptedUpstream upstream(always(kEvents));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send("GET /openai/v1/x HTTP/1.0\r\n\r\n");

  const auto bytes = client.read_all();

  EXPECT_THAT(bytes, ::testing::EndsWith("\r\n\r\ndata: a\n\ndata: [DONE]\n\n"));
  EXPECT_THAT(bytes, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(bytes, ::testing::Not(HasSubstr("transfer-encoding")));
}

TEST(Answering, AnOldClientMayKeepItsConnection) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("GET /openai/v1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("connection"), "keep-alive");
  }
}

TEST(Answering, AnswersWithoutABodyHaveNone) {
  const struct {
    const char* name;
    const char* method;
    std::string answer;
    int status;
    std::string length;
  } rows[] = {
      {"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", 200, "99"},
      {"204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
      {"304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, "99"},
      {"a length of nothing", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "0"},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(always(row.answer));
    RunningGateway gateway(upstream.port());
    auto client = gateway.connect();
    // The second answer would be garbage if the first had left anything behind.
    for (int i = 0; i < 2; ++i) {
      client.send(std::string(row.method) + " /openai/v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
      const auto answer = client.read(std::string_view(row.method) == "HEAD");
      ASSERT_TRUE(answer) << row.name;
      EXPECT_EQ(answer->status(), row.status) << row.name;
      EXPECT_EQ(answer->header("content-length"), row.length) << row.name;
    }
    EXPECT_EQ(upstream.connections(), 1) << row.name;
  }
}

TEST(Answering, InterimAnswersArePassedOnButForTheExpectedOne) {
  ScriptedUpstream upstream(
      always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
             json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat);

  const auto hints = client.read();
  ASSERT_TRUE(hints);
  EXPECT_EQ(hints->status(), 103);
  EXPECT_EQ(hints->header("link"), "</a>");
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
}

TEST(Answering, ARequestWithoutAnEndpointGoesToTheOnlyOne) {
  Notes seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    seen.add(wire.read_head());
    wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(gateway.call("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").status(), 200);
  EXPECT_THAT(seen.last(), ::testing::StartsWith("GET /v1/models HTTP/1.1\r\n"));
}

TEST(Answering, TheModelDecidesWhereSeveralEndpointsAre) {
  ScriptedUpstream first(always(json_answer(200, "first")));
  ScriptedUpstream second(always(json_answer(200, "second")));
  RunningGateway gateway(first.port(), {.configure = [&second](config::Config& config) {
                           auto other = config.endpoints.front();
                           other.name = "other";
                           other.base_url.port = second.port();
                           config.endpoints.push_back(other);
                           config.routes = {{"gpt-*", "openai"}, {"*", "other"}};
                         }});

  EXPECT_EQ(gateway.call(post("/v1/chat/completions", R"({"model":"gpt-4.1"})")).body, "first");
  EXPECT_EQ(gateway.call(post("/v1/chat/completions", R"({"model":"llama"})")).body, "second");
  EXPECT_EQ(gateway.call(post("/other/v1/chat/completions", R"({"model":"gpt-4.1"})")).body,
            "second");
}

TEST(Answering, AnUnknownEndpointIsAnErrorInTheShapeSdksRead) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call("GET /nobody/v1/models HTTP/1.1\r\nHost: a\r\n\r\n");

  EXPECT_EQ(answer.status(), 404);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"unknown_endpoint")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("type":"keypool_error")"));
  EXPECT_THAT(answer.body, HasSubstr("known: openai"));
  EXPECT_EQ(upstream.connections(), 0);
}

TEST(Answering, AKeylessEndpointGetsNoCredential) {
  Notes seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    seen.add(wire.read_head());
    wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().keyless = true;
                         }});

  const auto answer =
      gateway.call("GET /openai/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer c\r\n\r\n");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_FALSE(answer.has("x-keypool-key"));
  EXPECT_THAT(seen.last(), ::testing::Not(HasSubstr("uthorization")));
}

TEST(Answering, TwoReactorsServeManyClientsAtOnce) {
  ScriptedUpstream upstream([](Wire& wire) {
    while (const auto request = wire.read()) wire.send(json_answer(200, request->body));
  });
  RunningGateway gateway(upstream.port(), {.keys = 3, .threads = 2});
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&gateway, c] {
      auto client = gateway.connect();
      for (int i = 0; i < 50; ++i) {
        const auto body = std::to_string(c) + "/" + std::to_string(i);
        client.send(post("/openai/v1/x", body));
        const auto answer = client.read();
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->body, body);
      }
    });
  }
  for (auto& client : clients) client.join();

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::answered), 400u);
  std::uint64_t leased = 0;
  for (const auto& key : gateway.pool().stats("openai")) {
    EXPECT_GT(key.successes, 0u) << key.name;
    leased += key.successes;
  }
  EXPECT_EQ(leased, 400u);
}

}  // namespace
}  // namespace keypool::gateway::testing
