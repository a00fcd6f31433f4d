// A stream that fails before its content moves to another key, and nobody sees it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kCreated =
    "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n";
const std::string kText =
    "event: response.output_text.delta\n"
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"hello\"}\n\n";
const std::string kCompleted =
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":"
    "{\"input_tokens\":12,\"output_tokens\":5}}}\n\n";
const std::string kLimited =
    "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow "
    "down\"}\n\n";
const std::string kFailed =
    "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"oops\"}\n\n";
const std::string kStream = post("/openai/v1/responses", R"({"model":"m","stream":true})");

std::string chunk(std::string_view data) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return std::string(size).append(data).append("\r\n");
}

// Serves K0 with these events, broken off or whole, and all other keys with a good stream.
ScriptedUpstream::Script first_key_gets(std::string events, bool whole = true) {
  return [events = std::move(events), whole](Wire& wire) {
    while (const auto request = wire.read()) {
      wire.send(kStreamHead);
      if (request->header("authorization") == "Bearer sk-0") {
        wire.send(chunk(events));
        if (!whole) return;
      } else {
        wire.send(chunk(kCreated));
        wire.send(chunk(kText + kCompleted));
      }
      wire.send("0\r\n\r\n");
    }
  };
}

RunningGateway::Setup keys(int count, int attempts = 3) {
  return {.keys = count, .configure = [attempts](config::Config& config) {
            config.endpoints.front().attempts = attempts;
          }};
}

TEST(Moving, AStreamThatIsRefusedBeforeItsContentIsNeverSeen) {
  const struct {
    const char* name;
    std::string events;
    bool whole;
  } rows[] = {
      {"limited at once", kLimited, true},
      {"limited behind announcements", ": comment\n\n" + kCreated + kLimited, true},
      {"failed", kCreated + kFailed, true},
      {"broken off", kCreated, false},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(first_key_gets(row.events, row.whole));
    RunningGateway gateway(upstream.port(), keys(2));

    // Whichever key comes first, one of two calls is given K0.
    for (int call = 0; call < 2; ++call) {
      const auto answer = gateway.call(kStream);
      EXPECT_EQ(answer.status(), 200) << row.name;
      EXPECT_EQ(answer.body, kCreated + kText + kCompleted) << row.name;
      EXPECT_EQ(answer.header("x-keypool-key"), "K1") << row.name;
    }

    ASSERT_TRUE(gateway.idle()) << row.name;
    EXPECT_EQ(gateway.key(0).successes, 0u) << row.name;
    EXPECT_GE(gateway.key(0).failures + gateway.key(0).rate_limits, 1u) << row.name;
    EXPECT_EQ(gateway.key(1).total_output_tokens, 10u) << row.name;
  }
}

TEST(Moving, AStreamThatNoKeyServesIsPassedOnUnchanged) {
  ScriptedUpstream upstream(first_key_gets(kCreated + kFailed));
  RunningGateway gateway(upstream.port(), keys(1, 1));

  const auto answer = gateway.call(kStream);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, kCreated + kFailed);
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(gateway.key(0).successes, 0u);
}

// SDKs ask for compressed answers. A compressed stream could not be looked into.
TEST(Moving, IsPossibleForClientsThatTakeCompression) {
  Notes asked;
  ScriptedUpstream upstream([&asked](Wire& wire) {
    while (const auto request = wire.read()) {
      asked.add(request->header("accept-encoding"));
      wire.send(kStreamHead + chunk(kText + kCompleted) + "0\r\n\r\n");
    }
  });
  RunningGateway gateway(upstream.port());

  gateway.call(post("/openai/v1/responses", R"({"model":"m","stream":true})",
                    "Accept-Encoding: gzip, deflate\r\n"));
  gateway.call(
      post("/openai/v1/responses", R"({"model":"m"})", "Accept-Encoding: gzip, deflate\r\n"));

  EXPECT_THAT(asked.all(), ::testing::ElementsAre("identity", "gzip, deflate"));
}

TEST(Moving, LimitedOnAllKeysIsToldAsSuch) {
  ScriptedUpstream upstream(first_key_gets(kCreated + kLimited));
  RunningGateway gateway(upstream.port(), keys(1));

  const auto answer = gateway.call(kStream);

  EXPECT_EQ(answer.status(), 429);
  EXPECT_THAT(answer.body, HasSubstr("all_keys_cooling"));
}

TEST(Moving, ComesTooLateBehindContent) {
  ScriptedUpstream upstream(first_key_gets(kCreated + kText + kLimited));
  RunningGateway gateway(upstream.port(), keys(1));

  EXPECT_EQ(gateway.call(kStream).body, kCreated + kText + kLimited);
}

TEST(Moving, ContentIsNotHeldBack) {
  Event seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    wire.read();
    wire.send(kStreamHead);
    wire.send(chunk(kCreated));
    wire.send(chunk(kText));
    if (seen.wait()) wire.send(chunk(kCompleted) + "0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kStream);

  EXPECT_TRUE(client.read_until("hello"));
  seen.raise();
  EXPECT_TRUE(client.read_until("response.completed"));
}

TEST(Moving, AnAnnouncementIsHeldBackForAWhileOnly) {
  Event seen;
  ScriptedUpstream upstream([&seen](Wire& wire) {
    wire.read();
    wire.send(kStreamHead);
    wire.send(chunk(kCreated));
    if (seen.wait()) wire.send(chunk(kText + kCompleted) + "0\r\n\r\n");
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kStream);

  EXPECT_TRUE(client.read_until("response.created"));
  seen.raise();
  EXPECT_TRUE(client.read_until("response.completed"));
}

TEST(Moving, ALongAnnouncementIsHeldBackInPartOnly) {
  const std::string large =
      "data: {\"type\":\"response.created\",\"response\":{\"instructions\":\"" +
      std::string(200'000, 'x') + "\"}}\n\n";
  ScriptedUpstream upstream(first_key_gets(large + kText + kCompleted));
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(gateway.call(kStream).body, large + kText + kCompleted);
}

TEST(Moving, AClientThatLeavesMeanwhileEndsTheCall) {
  Event asked;
  Event cancelled;
  ScriptedUpstream upstream([&](Wire& wire) {
    wire.read();
    wire.send(kStreamHead + chunk(kCreated));
    asked.raise();
    if (wire.wait_for_end() != Wire::End::open) cancelled.raise();
  });
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kStream);
  ASSERT_TRUE(asked.wait());

  client.close();

  EXPECT_TRUE(cancelled.wait());
  EXPECT_TRUE(gateway.idle());
}

// What is held back goes through the filter for the usage event like everything behind it.
TEST(Moving, HeldBackBytesAreFilteredAndCounted) {
  const std::string role =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
  const std::string text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n";
  const std::string usage =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n";
  const std::string done = "data: [DONE]\n\n";
  const std::string all = role + text + usage + done;
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, all.size()}) {
    ScriptedUpstream upstream([&](Wire& wire) {
      wire.read();
      std::string answer = kStreamHead;
      for (std::size_t at = 0; at < all.size(); at += size) answer += chunk(all.substr(at, size));
      wire.send(answer + "0\r\n\r\n");
      wire.wait_for_end();
    });
    RunningGateway gateway(upstream.port());

    const auto answer =
        gateway.call(post("/openai/v1/chat/completions", R"({"model":"m","stream":true})"));

    EXPECT_EQ(answer.body, role + text + done) << size;
    ASSERT_TRUE(gateway.idle()) << size;
    EXPECT_EQ(gateway.key(0).total_input_tokens, 7u) << size;
    EXPECT_EQ(gateway.key(0).total_output_tokens, 3u) << size;
  }
}

}  // namespace
}  // namespace keypool::gateway::testing
