// An answer whose status is a success, and which tells an error all the same.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

const std::string kGood = json_answer(
    200,
    R"({"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":3,"completion_tokens":2}})");

std::string gzipped(std::string_view text) {
  std::string out(text.size() + 200, '\0');
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(ToldErrors, UnderAGoodStatusMoveTheCallToAnotherKey) {
  const std::string limited = R"({"error":{"code":429,"message":"Rate limit exceeded"}})";
  const std::string failed = R"({"error":{"code":502,"message":"Provider returned error"}})";
  const struct {
    const char* name;
    std::string answer;
  } rows[] = {
      {"limited", json_answer(200, limited)},
      {"failed behind", json_answer(200, failed)},
      {"after blank lines", json_answer(200, "\n\n\n" + limited)},
      {"compressed", json_answer(200, gzipped(limited), "Content-Encoding: gzip\r\n")},
  };
  for (const auto& row : rows) {
    ByKey provider({{"sk-0", row.answer}}, kGood);
    ScriptedUpstream upstream(provider.script());
    RunningGateway gateway(upstream.port(), {.keys = 2});

    for (int call = 0; call < 2; ++call) {
      const auto answer = gateway.call(kChat);
      EXPECT_THAT(answer.body, HasSubstr("hi")) << row.name;
    }

    ASSERT_TRUE(gateway.idle()) << row.name;
    EXPECT_EQ(gateway.key(0).successes, 0u) << row.name;
    EXPECT_GE(gateway.key(0).failures + gateway.key(0).rate_limits, 1u) << row.name;
  }
}

TEST(ToldErrors, OnEveryKeyArePassedOnUnchanged) {
  const std::string told = R"({"error":{"code":502,"message":"Provider returned error"}})";
  ScriptedUpstream upstream(always(json_answer(200, told)));
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, told);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "3");
}

TEST(ToldErrors, AreNotSeenWhereThereAreNone) {
  const struct {
    const char* name;
    std::string request;
    std::string body;
  } rows[] = {
      {"an error that is null", kChat, R"({"error":null,"output":[]})"},
      {"an error that says nothing", kChat, R"({"error":{},"id":"ftjob-1"})"},
      {"a text about one", kChat, R"({"choices":[{"message":{"content":"\"error\": 429"}}]})"},
      {"a choice that ends with one", kChat, R"({"choices":[{"error":{"code":429}}]})"},
      {"a stored answer that failed", "GET /openai/v1/responses/resp_1 HTTP/1.1\r\nHost: a\r\n\r\n",
       R"({"id":"resp_1","error":{"code":"server_error","message":"x"}})"},
      {"longer than errors are", kChat,
       R"({"error":{"code":429,"message":"x"},"pad":")" + std::string(100'000, 'x') + R"("})"},
      {"not JSON", kChat, R"({"error":)"},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(always(json_answer(200, row.body)));
    RunningGateway gateway(upstream.port(), {.keys = 2});

    const auto answer = gateway.call(row.request);

    EXPECT_EQ(answer.status(), 200) << row.name;
    EXPECT_EQ(answer.body, row.body) << row.name;
    EXPECT_EQ(answer.header("x-keypool-attempts"), "1") << row.name;
  }
}

// SDKs ask for compressed answers, errors included.
TEST(ToldErrors, AreReadThroughTheirCompression) {
  const std::string body = R"({"error":{"code":"insufficient_quota","type":"insufficient_quota"}})";
  ByKey provider({{"sk-0", json_answer(429, gzipped(body), "Content-Encoding: gzip\r\n")}}, kGood);
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 2});

  gateway.call(kChat);
  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.key(0).state, KeyState::depleted);
}

}  // namespace
}  // namespace keypool::gateway::testing
