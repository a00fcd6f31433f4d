#include "lab/observed.h"

#include <gtest/gtest.h>

#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Observed, CountsCallsAndTokensByKey) {
  RunningProvider provider(
      with_keys({{.name = "a", .secret = "sk-demo-a", .limits = {{"*", {.rpm = 2}}}},
                 {.name = "b", .secret = "sk-demo-b"}}));
  for (int i = 0; i < 3; ++i) static_cast<void>(provider.call(chat("sk-demo-a")));
  static_cast<void>(provider.call(chat("sk-demo-b", R"(,"stream":true)")));
  static_cast<void>(
      provider.call(post("/v1/chat/completions", "{", {{"authorization", "Bearer sk-demo-b"}})));

  const Observed seen = provider.observed();

  EXPECT_EQ(seen.calls, 5u);
  EXPECT_EQ(seen.in_flight, 0u);
  EXPECT_EQ(seen.keys[0].name, "a");
  EXPECT_EQ(seen.keys[0].calls, 3u);
  EXPECT_EQ(seen.keys[0].served, 2u);
  EXPECT_EQ(seen.keys[0].rate_limited, 1u);
  EXPECT_EQ(seen.keys[0].input_tokens, 4u);
  EXPECT_EQ(seen.keys[0].output_tokens, 16u);
  EXPECT_EQ(seen.keys[0].max_in_flight, 1u);
  EXPECT_EQ(seen.keys[1].calls, 2u);
  EXPECT_EQ(seen.keys[1].served, 1u);
  EXPECT_EQ(seen.keys[1].output_tokens, 8u);
}

TEST(Observed, KeepsOnlyTheHashOfAnUnknownCredential) {
  RunningProvider provider(one_key());
  for (int i = 0; i < 2; ++i) static_cast<void>(provider.call(chat("sk-not-ours")));
  static_cast<void>(
      provider.call(get("/v1/models?key=other-secret", {{"authorization", "Bearer sk-demo-a"}})));
  static_cast<void>(provider.call(get("/v1/models")));

  const Observed seen = provider.observed();

  EXPECT_EQ(seen.without_credential, 1u);
  ASSERT_EQ(seen.unknown_credentials.size(), 2u);
  for (const auto& unknown : seen.unknown_credentials) {
    EXPECT_EQ(unknown.calls, unknown.hash == credential_hash("sk-not-ours") ? 2u : 1u);
  }
  EXPECT_THAT(to_json(seen), Not(HasSubstr("not-ours")));
}

TEST(Observed, HashIsSha256) {
  EXPECT_EQ(credential_hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Observed, IsServedAsJson) {
  RunningProvider provider(one_key());
  static_cast<void>(provider.call(chat()));

  const auto answer = provider.call(get("/lab/observed"));

  EXPECT_EQ(answer.header("content-type"), "application/json");
  const auto seen = json_of(answer);
  EXPECT_EQ(seen["calls"], 1);
  EXPECT_EQ(seen["keys"][0]["name"], "a");
  EXPECT_EQ(seen["keys"][0]["served"], 1);
  EXPECT_EQ(seen["unknown_credentials"], nlohmann::json::array());
}

}  // namespace
}  // namespace keypool::lab
