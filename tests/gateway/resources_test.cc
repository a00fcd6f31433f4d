// What the provider keeps for an account is asked for with that account's keys.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/resource_owners.h"
#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

// A provider that names what it makes after the key that made it.
ScriptedUpstream::Script maker() {
  return [made = 0](Wire& wire) mutable {
    while (const auto request = wire.read()) {
      const auto key = request->header("authorization").substr(std::string("Bearer sk-").size());
      const auto id = "resp_" + key + "_" + std::to_string(made++);
      wire.send(json_answer(
          200, R"({"id":")" + id + R"(","usage":{"input_tokens":1000,"output_tokens":1}})"));
    }
  };
}

std::string id_in(const Message& answer) {
  const auto begin = answer.body.find("resp_");
  return answer.body.substr(begin, answer.body.find('"', begin) - begin);
}

const std::string kResponse = post("/openai/v1/responses", R"({"model":"m","input":"hi"})");

TEST(Resources, GoBackToTheKeyThatMadeThem) {
  ScriptedUpstream upstream(maker());
  RunningGateway gateway(upstream.port(), {.keys = 4});
  std::vector<Message> made;
  for (int i = 0; i < 4; ++i) made.push_back(gateway.call(kResponse));

  for (const auto& one : made) {
    const auto id = id_in(one);
    const auto key = one.header("x-keypool-key");
    EXPECT_EQ(gateway.call(get("/openai/v1/responses/" + id)).header("x-keypool-key"), key);
    EXPECT_EQ(
        gateway.call(post("/openai/v1/responses/" + id + "/cancel", "")).header("x-keypool-key"),
        key);
    EXPECT_EQ(gateway
                  .call(post("/openai/v1/responses",
                             R"({"model":"m","previous_response_id":")" + id + R"("})"))
                  .header("x-keypool-key"),
              key);
  }
}

TEST(Resources, AreNotAskedForWithAnotherAccountsKey) {
  ScriptedUpstream upstream(maker());
  RunningGateway gateway(upstream.port(), {.keys = 2, .configure = [](config::Config& config) {
                                             auto spare = config.endpoints.front();
                                             spare.name = "spare";
                                             config.endpoints.front().fallback = {"spare"};
                                             config.endpoints.push_back(spare);
                                           }});
  const auto made = gateway.call(kResponse);
  gateway.pool().disable_key("openai", made.header("x-keypool-key"));

  const auto refused = gateway.call(get("/openai/v1/responses/" + id_in(made)));

  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.header("x-keypool-endpoint"), "openai");
}

TEST(Resources, ListsAndUploadsMeetAtTheFirstKey) {
  ScriptedUpstream upstream(maker());
  RunningGateway gateway(upstream.port(), {.keys = 3});

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gateway.call(post("/openai/v1/files", "{}")).header("x-keypool-key"), "K0");
    EXPECT_EQ(gateway.call(get("/openai/v1/files?limit=5")).header("x-keypool-key"), "K0");
    EXPECT_EQ(gateway.call(get("/openai/v1/files/file-unknown")).header("x-keypool-key"), "K0");
  }
  gateway.pool().disable_key("openai", "K0");
  EXPECT_EQ(gateway.call(get("/openai/v1/files")).header("x-keypool-key"), "K1");
}

// What was made before keypool came, or whose maker is forgotten, is asked around for.
TEST(Resources, ThatNobodyIsKnownToHaveMadeAreLookedForInOneAccountAfterAnother) {
  const auto missing = json_answer(404, R"({"error":{"message":"No such File object: file-1"}})");
  ByKey provider({{"sk-0", missing}, {"sk-1", missing}}, json_answer(200, R"({"id":"file-1"})"));
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 4});

  const auto found = gateway.call(get("/openai/v1/files/file-1/content"));
  const auto again = gateway.call(get("/openai/v1/files/file-1/content"));

  EXPECT_EQ(found.status(), 200);
  EXPECT_EQ(found.header("x-keypool-key"), "K2");
  EXPECT_EQ(found.header("x-keypool-attempts"), "3");
  EXPECT_EQ(again.header("x-keypool-key"), "K2");
  EXPECT_EQ(again.header("x-keypool-attempts"), "1");
  for (const auto& key : gateway.pool().stats("openai")) EXPECT_EQ(key.failures, 0u);
}

TEST(Resources, ThatNobodyHasCostEachAccountOneCallAndNotMoreThanEight) {
  const auto missing = json_answer(404, R"({"error":{"message":"No such File object: file-1"}})");
  ByKey provider({}, missing);
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 20});
  for (const char* name : {"K0", "K1", "K2"})
    gateway.pool().configure_key("openai", name, {.group = "team"});

  const auto answer = gateway.call(get("/openai/v1/files/file-1"));

  EXPECT_EQ(answer.status(), 404);
  EXPECT_THAT(answer.body, ::testing::HasSubstr("No such File object"));
  EXPECT_EQ(answer.header("x-keypool-attempts"), "8");
  EXPECT_EQ(provider.seen("sk-1") + provider.seen("sk-2"), 0) << "K0 has answered for its account";
}

TEST(Resources, OfAKnownAccountAreNotLookedForElsewhere) {
  ScriptedUpstream upstream([](Wire& wire) {
    while (const auto request = wire.read()) {
      wire.send(request->start.starts_with("POST") ? json_answer(200, R"({"id":"resp_1"})")
                                                   : json_answer(404, "{}"));
    }
  });
  RunningGateway gateway(upstream.port(), {.keys = 4});
  gateway.call(kResponse);

  EXPECT_EQ(gateway.call(get("/openai/v1/responses/resp_1")).header("x-keypool-attempts"), "1");
}

TEST(Resources, OfPlainCallsThereAreNone) {
  ScriptedUpstream upstream(
      always(json_answer(200, R"({"id":"chatcmpl-1","usage":{"prompt_tokens":1000}})")));
  RunningGateway gateway(upstream.port(), {.keys = 2});
  std::set<std::string> keys;
  for (int i = 0; i < 4; ++i) keys.insert(gateway.call(kChat).header("x-keypool-key"));
  EXPECT_EQ(keys.size(), 2u);
}

}  // namespace
}  // namespace keypool::gateway::testing
