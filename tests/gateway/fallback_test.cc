// Endpoints that stand in for one that does not serve.
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

const std::string kServed = json_answer(200, "from the other");

// `openai`, and `spare` that stands in for it.
RunningGateway::Setup with_spare(std::uint16_t spare_port, bool keyless = false) {
  return {.keys = 2, .configure = [=](config::Config& config) {
            auto& openai = config.endpoints.front();
            openai.attempts = 1;
            auto spare = openai;
            spare.name = "spare";
            spare.base_url.port = spare_port;
            spare.keyless = keyless;
            openai.fallback = {"spare"};
            config.endpoints.push_back(spare);
          }};
}

// The listener is bound and gone: nobody answers on its port.
std::uint16_t unused_port() {
  const ScriptedUpstream gone(once(""));
  return gone.port();
}

TEST(Fallback, ServesWhereTheEndpointDoesNot) {
  const struct {
    const char* name;
    ScriptedUpstream::Script script;
    const char* attempts;
  } rows[] = {
      {"all keys limited", always(kThrottled), "3"},
      {"all keys bad", always(kBadKey), "3"},
      {"no credit", always(kNoCredit), "3"},
      {"overloaded", always(kOverloaded), "2"},
      {"too large for all keys", always(kTooLarge), "3"},
      {"no answer", [](Wire& wire) { wire.read(); }, "2"},
  };
  for (const auto& row : rows) {
    ScriptedUpstream upstream(row.script);
    ScriptedUpstream spare(always(kServed));
    RunningGateway gateway(upstream.port(), with_spare(spare.port()));

    const auto answer = gateway.call(kChat);

    EXPECT_EQ(answer.status(), 200) << row.name;
    EXPECT_EQ(answer.body, "from the other") << row.name;
    EXPECT_EQ(answer.header("x-keypool-endpoint"), "spare") << row.name;
    EXPECT_EQ(answer.header("x-keypool-attempts"), row.attempts) << row.name;
    ASSERT_TRUE(gateway.idle()) << row.name;
    EXPECT_EQ(gateway.gateway().counters().of("spare").ended_as(Outcome::answered), 1u) << row.name;
    EXPECT_EQ(gateway.gateway().counters().of("openai").fallbacks, 1u) << row.name;
  }
}

TEST(Fallback, ServesWhereTheEndpointCannotBeReached) {
  ScriptedUpstream spare(always(kServed));
  RunningGateway gateway(unused_port(), with_spare(spare.port()));
  EXPECT_EQ(gateway.call(kChat).header("x-keypool-endpoint"), "spare");
}

TEST(Fallback, ServesAtOnceWhileTheCircuitIsOpen) {
  ScriptedUpstream spare(always(kServed));
  auto setup = with_spare(spare.port());
  const auto two_endpoints = setup.configure;
  setup.configure = [&](config::Config& config) {
    two_endpoints(config);
    for (auto& endpoint : config.endpoints) endpoint.max_wait = 3600s;
  };
  RunningGateway gateway(unused_port(), setup);

  for (int call = 0; call < 30; ++call) EXPECT_EQ(gateway.call(kChat).status(), 200);

  EXPECT_EQ(gateway.call(kChat).header("x-keypool-attempts"), "1") << "nobody else was asked";
}

TEST(Fallback, MayBeAServerWithoutKeys) {
  Notes credentials;
  ScriptedUpstream upstream(always(kThrottled));
  ScriptedUpstream spare([&credentials](Wire& wire) {
    while (const auto request = wire.read()) {
      credentials.add("authorization: " + request->header("authorization"));
      wire.send(kServed);
    }
  });
  RunningGateway gateway(upstream.port(), with_spare(spare.port(), true));

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_FALSE(answer.has("x-keypool-key")) << "none was used there";
  EXPECT_EQ(credentials.last(), "authorization: ") << "a key goes to its own endpoint only";
}

TEST(Fallback, MayStandInForAServerWithoutKeys) {
  ScriptedUpstream local(always(kOverloaded));
  ScriptedUpstream spare(always(kServed));
  auto setup = with_spare(spare.port());
  const auto two_endpoints = setup.configure;
  setup.configure = [&](config::Config& config) {
    two_endpoints(config);
    config.endpoints.front().keyless = true;
  };
  RunningGateway gateway(local.port(), setup);

  EXPECT_EQ(gateway.call(kChat).header("x-keypool-endpoint"), "spare");
}

TEST(Fallback, IsAskedInOrderAndItsOwnFallbacksAreNot) {
  ScriptedUpstream upstream(always(kOverloaded));
  ScriptedUpstream first(always(kOverloaded));
  ScriptedUpstream second(always(kServed));
  ScriptedUpstream never(always(kServed));
  auto setup = with_spare(first.port());
  const auto two_endpoints = setup.configure;
  setup.configure = [&](config::Config& config) {
    two_endpoints(config);
    const auto add = [&config](const char* name, std::uint16_t port) {
      auto endpoint = config.endpoints.back();
      endpoint.name = name;
      endpoint.base_url.port = port;
      config.endpoints.push_back(endpoint);
    };
    add("never", never.port());
    add("second", second.port());
    config.endpoints[0].fallback = {"spare", "second"};
    config.endpoints[1].fallback = {"never"};
  };
  RunningGateway gateway(upstream.port(), setup);

  EXPECT_EQ(gateway.call(kChat).header("x-keypool-endpoint"), "second");
  EXPECT_EQ(never.connections(), 0);
}

TEST(Fallback, WhenNoneServesTheLastOneSaysWhy) {
  ScriptedUpstream upstream(always(kThrottled));
  ScriptedUpstream spare(always(kOverloaded));
  RunningGateway gateway(upstream.port(), with_spare(spare.port()));

  const auto answer = gateway.call(kChat);

  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.header("x-keypool-endpoint"), "spare");
  EXPECT_THAT(answer.body, HasSubstr("overloaded"));
}

TEST(Fallback, DoesNotServeWhatIsTheRequestsOwnFault) {
  ScriptedUpstream upstream(
      always(json_answer(400, R"({"error":{"type":"invalid_request_error"}})")));
  ScriptedUpstream spare(always(kServed));
  RunningGateway gateway(upstream.port(), with_spare(spare.port()));

  EXPECT_EQ(gateway.call(kChat).status(), 400);
  EXPECT_EQ(spare.connections(), 0);
}

TEST(Fallback, ComesTooLateOnceTheClientHasSomeOfTheAnswer) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read();
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  ScriptedUpstream spare(always(kServed));
  RunningGateway gateway(upstream.port(), with_spare(spare.port()));

  EXPECT_FALSE(gateway.call(kChat).whole);
  EXPECT_EQ(spare.connections(), 0);
}

TEST(Fallback, ComesTooLateOnceTheBodyIsGone) {
  ScriptedUpstream upstream(always(kOverloaded));
  ScriptedUpstream spare(always(kServed));
  auto setup = with_spare(spare.port());
  const auto two_endpoints = setup.configure;
  setup.configure = [&](config::Config& config) {
    two_endpoints(config);
    config.limits.replay_bytes = 10;
  };
  RunningGateway gateway(upstream.port(), setup);

  EXPECT_EQ(gateway.call(post("/openai/x", std::string(100'000, 'x'))).status(), 503);
  EXPECT_EQ(spare.connections(), 0);
}

}  // namespace
}  // namespace keypool::gateway::testing
