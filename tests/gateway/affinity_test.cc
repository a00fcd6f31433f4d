#include "gateway/affinity.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway {
namespace {

using config::Affinity;
using ::testing::IsEmpty;
using testing::json_answer;
using testing::post;
using testing::RunningGateway;
using testing::ScriptedUpstream;
using ::testing::SizeIs;

using Hashes = std::vector<std::uint64_t>;

constexpr std::uint64_t kSalt = 0x1234567890abcdef;
const Affinity kPrefix{Affinity::By::prefix, {}};

http::RequestHead head_with(const std::string& lines) {
  http::RequestHead head;
  static_cast<void>(head.read("POST /x HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n"));
  return head;
}

Hashes prefixes(const std::string& body, std::uint64_t salt = kSalt) {
  Hashes hashes;
  find_affinity(kPrefix, head_with(""), body, salt, hashes);
  return hashes;
}

// A conversation's turns, the first of them the system's.
std::string chat(const std::vector<std::string>& turns, const std::string& more = "") {
  std::string body = R"({"model":"m",)" + more + R"("messages":[)";
  for (const auto& turn : turns) {
    if (body.back() != '[') body += ",";
    body += R"({"role":"user","content":")" + turn + R"("})";
  }
  return body + "]}";
}

// The place in `later` of the first hash that a pool has seen with `earlier`.
std::size_t meeting(const Hashes& later, const Hashes& earlier) {
  const auto met = std::ranges::find_first_of(later, earlier);
  return static_cast<std::size_t>(met - later.begin());
}

TEST(PrefixAffinity, TheNextTurnMeetsTheWholeConversationSoFar) {
  const auto first = prefixes(chat({"be brief", "hello"}));
  const auto next = prefixes(chat({"be brief", "hello", "hi", "and now?"}));

  EXPECT_THAT(first, SizeIs(2));
  EXPECT_THAT(next, SizeIs(4));
  EXPECT_EQ(next[2], first[0]);
  EXPECT_EQ(next[3], first[1]);
}

TEST(PrefixAffinity, CallsThatBeginAlikeMeetWhereTheyPart) {
  const auto one = prefixes(chat({"be brief", "hello"}));
  const auto other = prefixes(chat({"be brief", "goodbye"}));

  EXPECT_NE(one[0], other[0]);
  EXPECT_EQ(one[1], other[1]);
}

TEST(PrefixAffinity, ALongConversationMeetsItselfWithFewHashes) {
  std::vector<std::string> turns;
  Hashes before;
  for (int turn = 0; turn < 1000; ++turn) {
    turns.push_back("turn " + std::to_string(turn));
    const auto now = prefixes(chat(turns));
    ASSERT_LE(now.size(), 20u);
    if (turn > 0) {
      ASSERT_EQ(meeting(now, before), 1u) << turn;
    }
    before = now;
  }
}

TEST(PrefixAffinity, WhatStandsBeforeTheMessagesCounts) {
  const auto one = prefixes(chat({"hello"}, R"("system":"be brief",)"));
  const auto same = prefixes(chat({"hello"}, R"("temperature":1,"system":"be brief",)"));
  const auto other = prefixes(chat({"hello"}, R"("system":"be wordy",)"));

  EXPECT_EQ(one, same);
  EXPECT_NE(one, other);
}

TEST(PrefixAffinity, EveryDialectsMessagesAreFound) {
  for (const auto* list : {"messages", "contents", "input"}) {
    EXPECT_THAT(prefixes(std::string("{\"") + list + R"(":[{"a":1},{"b":[{}]},{"c":3}]})"),
                SizeIs(3))
        << list;
  }
}

TEST(PrefixAffinity, ASessionComesFirst) {
  for (const auto* field :
       {R"("prompt_cache_key":"s-1")", R"("session_id":"s-1")", R"("conversation":"s-1")",
        R"("conversation":{"id":"s-1"})", R"("metadata":{"user_id":"s-1"})", R"("user":"s-1")"}) {
    const auto one = prefixes(chat({"hello"}, std::string(field) + ","));
    const auto other = prefixes(chat({"something else"}, std::string(field) + ","));
    ASSERT_THAT(one, SizeIs(2)) << field;
    EXPECT_EQ(one[0], other[0]) << field;
    EXPECT_NE(one[1], other[1]) << field;
  }
}

TEST(PrefixAffinity, APromptThatIsOneTextIsCutByItsLength) {
  const std::string shared(5000, 'x');
  const auto one = prefixes(R"({"prompt":")" + shared + R"("})");
  const auto longer = prefixes(R"({"prompt":")" + shared + std::string(4000, 'y') + R"("})");

  EXPECT_THAT(one, SizeIs(3)) << "4096, 2048, 1024";
  EXPECT_EQ(longer[meeting(longer, one)], one[0]);
  EXPECT_THAT(prefixes(R"({"prompt":"short"})"), IsEmpty());
}

TEST(PrefixAffinity, WhatIsNoPromptHasNone) {
  for (const auto* body :
       {"", "no json", "{}", "[]", R"({"messages":"text"})", R"({"input":[]})"}) {
    EXPECT_THAT(prefixes(body), IsEmpty()) << body;
  }
}

TEST(PrefixAffinity, CannotBeForetoldWithoutTheSalt) {
  EXPECT_EQ(meeting(prefixes(chat({"a", "b"}), 1), prefixes(chat({"a", "b"}), 2)), 2u);
}

TEST(HeaderAffinity, GoesByTheHeadersValueAlone) {
  const Affinity by_header{Affinity::By::header, "x-conversation"};
  const auto found = [&](const std::string& lines, const std::string& body) {
    Hashes hashes{1, 2, 3};
    find_affinity(by_header, head_with(lines), body, kSalt, hashes);
    return hashes;
  };

  EXPECT_THAT(found("X-Conversation: 7\r\n", "{}"), SizeIs(1));
  EXPECT_EQ(found("X-Conversation: 7\r\n", "{}"), found("x-conversation: 7\r\n", chat({"a"})));
  EXPECT_NE(found("X-Conversation: 7\r\n", "{}"), found("X-Conversation: 8\r\n", "{}"));
  EXPECT_THAT(found("", chat({"a"})), IsEmpty());
}

TEST(NoAffinity, LooksAtNothing) {
  Hashes hashes;
  find_affinity({}, head_with(""), chat({"a"}), kSalt, hashes);
  EXPECT_THAT(hashes, IsEmpty());
}

TEST(Affinity, AConversationStaysWithItsKey) {
  ScriptedUpstream upstream(testing::always(
      json_answer(200, R"({"usage":{"prompt_tokens":1000,"completion_tokens":10}})")));
  RunningGateway gateway(upstream.port(), {.keys = 4, .configure = [](config::Config& config) {
                                             config.endpoints.front().affinity = kPrefix;
                                           }});
  std::vector<std::vector<std::string>> conversations;
  std::vector<std::string> keys;
  for (int i = 0; i < 4; ++i) conversations.push_back({"conversation " + std::to_string(i)});
  for (const auto& turns : conversations) {
    keys.push_back(
        gateway.call(post("/openai/v1/chat/completions", chat(turns))).header("x-keypool-key"));
  }

  for (int turn = 0; turn < 3; ++turn) {
    for (std::size_t i = 0; i < conversations.size(); ++i) {
      conversations[i].push_back("answer");
      conversations[i].push_back("question");
      const auto answer = gateway.call(post("/openai/v1/chat/completions", chat(conversations[i])));
      EXPECT_EQ(answer.header("x-keypool-key"), keys[i]);
    }
  }
}

}  // namespace
}  // namespace keypool::gateway
