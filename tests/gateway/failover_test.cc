// What a refused key, a failing provider and an empty pool mean for the caller and for the keys.
#include <atomic>
#include <chrono>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/by_key.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Failover, AThrottledKeyIsSteppedAroundAndRests) {
  ByKey provider({{"sk-0", kThrottled}});
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 2});

  // Whichever key comes first, after two calls both have been tried and one is out.
  const auto first = gateway.call(kChat);
  const auto second = gateway.call(kChat);
  const auto third = gateway.call(kChat);

  EXPECT_EQ(first.status(), 200);
  EXPECT_EQ(second.status(), 200);
  EXPECT_EQ(third.header("x-keypool-key"), "K1");
  EXPECT_EQ(provider.seen("sk-0"), 1);
  EXPECT_EQ(gateway.key(0).rate_limits, 1u);
}

TEST(Failover, EveryOtherKeyIsTriedWhateverAttemptsSays) {
  const std::string faults[] = {kThrottled, kBadKey, kNoCredit, kTooLarge};
  std::map<std::string, std::string> answers;
  for (std::size_t i = 0; i < 9; ++i) answers["sk-" + std::to_string(i)] = faults[i % 4];
  for (const int attempts : {1, 2, 100}) {
    ByKey provider(answers);
    ScriptedUpstream upstream(provider.script());
    RunningGateway gateway(upstream.port(),
                           {.keys = 10, .configure = [attempts](config::Config& config) {
                              config.endpoints.front().attempts = attempts;
                            }});

    for (int i = 0; i < 20; ++i) {
      const auto answer = gateway.call(kChat);
      ASSERT_EQ(answer.status(), 200) << i << " of " << attempts;
      ASSERT_EQ(answer.header("x-keypool-key"), "K9");
    }
    EXPECT_TRUE(gateway.idle());
  }
}

TEST(Failover, ACallTooLargeForOneKeyGoesToOneWithHigherLimits) {
  ByKey provider({{"sk-0", kTooLarge}, {"sk-1", kTooLarge}});
  ScriptedUpstream upstream(provider.script());
  RunningGateway gateway(upstream.port(), {.keys = 3});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("x-keypool-key"), "K2");
  for (const auto& key : gateway.pool().stats("openai")) EXPECT_EQ(key.state, KeyState::ready);
}

TEST(Failover, ACallTooLargeForEveryKeyIsToldSoUnchanged) {
  ScriptedUpstream upstream(always(kTooLarge));
  RunningGateway gateway(upstream.port(), {.keys = 3, .configure = [](config::Config& config) {
                                             config.endpoints.front().max_wait = 3600s;
                                           }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 413);
  EXPECT_THAT(answer.body, HasSubstr("Request too large"));
  EXPECT_EQ(answer.header("x-keypool-attempts"), "3");
}

TEST(Failover, TheBodyIsSentAgainWhole) {
  Notes bodies;
  ScriptedUpstream upstream([&bodies](Wire& wire) {
    while (const auto request = wire.read()) {
      bodies.add(request->body);
      wire.send(bodies.all().size() == 1 ? kThrottled : json_answer(200, "{}"));
    }
  });
  RunningGateway gateway(upstream.port(), {.keys = 2});
  const std::string body = R"({"model":"m","x":")" + std::string(300'000, 'x') + R"("})";

  EXPECT_EQ(gateway.call(post("/openai/v1/chat/completions", body)).status(), 200);
  ASSERT_EQ(bodies.all().size(), 2u);
  EXPECT_EQ(bodies.all()[0], body);
  EXPECT_EQ(bodies.all()[1], body);
}

TEST(Failover, ARequestsOwnFaultIsReturnedUnchangedAndCostsTheKeyNothing) {
  const std::string fault =
      R"({"error":{"message":"bad parameter","type":"invalid_request_error"}})";
  ScriptedUpstream upstream(always(json_answer(400, fault)));
  RunningGateway gateway(upstream.port(), {.keys = 3});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.body, fault);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "1");
  ASSERT_TRUE(gateway.idle());
  for (const auto& key : gateway.pool().stats("openai")) {
    EXPECT_EQ(key.failures, 0u);
    EXPECT_EQ(key.state, KeyState::ready);
  }
}

TEST(Failover, TheLastErrorIsTheProvidersOwn) {
  ScriptedUpstream upstream(always(kBadKey));
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(answer.body, R"({"error":{"code":"invalid_api_key","message":"no"}})");
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  EXPECT_EQ(gateway.key(0).state, KeyState::invalid);
  EXPECT_EQ(gateway.key(1).state, KeyState::invalid);
}

TEST(Failover, FailuresOfTheEndpointAreTriedAgainAsOftenAsAllowed) {
  std::atomic<int> calls = 0;
  ScriptedUpstream upstream([&calls](Wire& wire) {
    while (wire.read()) {
      ++calls;
      wire.send(kOverloaded);
    }
  });
  RunningGateway gateway(upstream.port(), {.keys = 5, .configure = [](config::Config& config) {
                                             config.endpoints.front().attempts = 2;
                                           }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.body, R"({"error":{"message":"overloaded"}})");
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  EXPECT_EQ(calls, 2);
  for (const auto& key : gateway.pool().stats("openai")) EXPECT_EQ(key.state, KeyState::ready);
}

TEST(Failover, ASecondTryMayHelp) {
  ScriptedUpstream upstream(
      {once(json_answer(500, "{}", "Connection: close\r\n")), always(json_answer(200, "fine"))});
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "fine");
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
}

// The connection ends when the request is there: nobody knows what became of it.
TEST(Failover, ATryInDoubtIsRepeatedAsFarAsItDoesNoHarm) {
  const struct {
    const char* name;
    std::string request;
    const char* tries;
  } rows[] = {
      {"a model asked: once", kChat, "2"},
      {"a batch made: never", post("/openai/v1/batches", "{}"), "1"},
      {"a response in the background: never",
       post("/openai/v1/responses", R"({"model":"m","background":true})"), "1"},
      {"a list read: as often as allowed", "GET /openai/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
       "3"},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream([](Wire& wire) { wire.read(); });
    RunningGateway gateway(upstream.port());

    const auto answer = gateway.call(row.request);

    EXPECT_EQ(answer.status(), 502) << row.name;
    EXPECT_EQ(answer.header("x-keypool-attempts"), row.tries) << row.name;
  }
}

TEST(Failover, WhatMustNotBeRepeatedIsNotSentOnAKeptConnection) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port());

  EXPECT_EQ(gateway.call(kChat).status(), 200);
  EXPECT_EQ(gateway.call(kChat).status(), 200);
  EXPECT_EQ(upstream.connections(), 1);
  EXPECT_EQ(gateway.call(post("/openai/v1/batches", "{}")).status(), 200);
  EXPECT_EQ(upstream.connections(), 2);
}

TEST(Failover, AllKeysCoolingIsToldWithTheTimeOfTheFirst) {
  ScriptedUpstream upstream(always(kThrottled));
  RunningGateway gateway(upstream.port(), {.keys = 2});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 429);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"all_keys_cooling")"));
  const auto seconds = std::stoi(answer.header("retry-after"));
  EXPECT_GT(seconds, 0);
  EXPECT_LE(seconds, 33);
  EXPECT_EQ(answer.header("x-should-retry"), "true");
}

TEST(Failover, RetryAfterIsNeverMoreThanSdksListenTo) {
  ScriptedUpstream upstream(always(
      json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})", "Retry-After: 7200\r\n")));
  RunningGateway gateway(upstream.port());

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 429);
  EXPECT_EQ(answer.header("retry-after"), "60");
}

TEST(Failover, ACallWaitsForAKeyThatOpensSoon) {
  ScriptedUpstream upstream([answered = 0](Wire& wire) mutable {
    while (wire.read()) {
      wire.send(answered++ == 0 ? json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})",
                                              "retry-after-ms: 50\r\n")
                                : json_answer(200, "{}"));
    }
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().max_wait = 9s;
                         }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
}

TEST(Failover, NoKeysNamesWhatWasLookedFor) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.keys = 0});
  gateway.pool().register_endpoint("openai", {"KEYPOOL_TEST_NO_SUCH_VARIABLE"});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"no_keys")"));
  EXPECT_THAT(answer.body, HasSubstr("KEYPOOL_TEST_NO_SUCH_VARIABLE"));
  EXPECT_EQ(answer.header("x-should-retry"), "false");
}

// The listener is bound and gone: nobody answers on its port.
std::uint16_t unused_port() {
  const ScriptedUpstream gone(once(""));
  return gone.port();
}

TEST(Failover, AnUpstreamThatCannotBeReachedIs502) {
  RunningGateway gateway(unused_port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().attempts = 2;
                         }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 502);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"upstream_unreachable")"));
  EXPECT_THAT(answer.body, HasSubstr("refused"));
  EXPECT_EQ(answer.header("x-keypool-attempts"), "2");
  EXPECT_EQ(gateway.key(0).state, KeyState::ready) << "no key is to blame";
}

TEST(Failover, AnUnknownHostIs502) {
  RunningGateway gateway(80, {.configure = [](config::Config& config) {
                           config.endpoints.front().base_url.host = kNoHost;
                           config.endpoints.front().attempts = 1;
                         }});

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 502);
  EXPECT_THAT(answer.body, HasSubstr(kNoHost));
}

TEST(Failover, AHostNameIsResolved) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().base_url.host = "localhost";
                         }});
  EXPECT_EQ(gateway.call(kChat).status(), 200);
}

TEST(Failover, AStaleConnectionCostsNothing) {
  // The first connection answers one request and dies when the second is on its way.
  ScriptedUpstream upstream({[](Wire& wire) {
                               wire.read();
                               wire.send(json_answer(200, "first"));
                               wire.read();
                             },
                             always(json_answer(200, "second"))});
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().attempts = 1;
                         }});
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_EQ(client.read()->body, "first");
  client.send(kChat);

  const auto answer = client.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "second");
  EXPECT_EQ(answer->header("x-keypool-attempts"), "1");
  EXPECT_EQ(upstream.connections(), 2);
  EXPECT_EQ(gateway.key(0).failures, 0u);
}

TEST(Failover, AConnectionThatSpokeOutOfTurnIsNotUsedAgain) {
  ScriptedUpstream upstream({[](Wire& wire) {
                               wire.read();
                               wire.send(json_answer(200, "first") + json_answer(200, "forged"));
                               wire.wait_for_end();
                             },
                             always(json_answer(200, "second"))});
  RunningGateway gateway(upstream.port());
  auto client = gateway.connect();
  client.send(kChat);
  ASSERT_EQ(client.read()->body, "first");
  client.send(kChat);
  EXPECT_EQ(client.read()->body, "second");
}

TEST(Failover, ManyBadKeysAtOnceLookLikeABadProvider) {
  ScriptedUpstream upstream(always(kBadKey));
  RunningGateway gateway(upstream.port(), {.keys = 20});

  EXPECT_EQ(gateway.call(kChat).status(), 401) << "the provider's own answer";
  EXPECT_EQ(gateway.call(kChat).status(), 502) << "until a probe has decided";

  std::size_t ready = 0;
  for (const auto& key : gateway.pool().stats("openai")) ready += key.state == KeyState::ready;
  EXPECT_GE(ready, 10u) << "a provider's bad hour takes no pool out";
}

}  // namespace
}  // namespace keypool::gateway::testing
