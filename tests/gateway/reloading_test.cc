// Another configuration while calls run.
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

config::Endpoint endpoint_at(std::string name, std::uint16_t port) {
  config::Endpoint endpoint;
  endpoint.name = std::move(name);
  endpoint.base_url.host = "127.0.0.1";
  endpoint.base_url.port = port;
  endpoint.dialect = provider::Dialect::openai;
  endpoint.max_wait = 10s;
  return endpoint;
}

config::Config with(std::vector<config::Endpoint> endpoints) {
  config::Config config;
  config.endpoints = std::move(endpoints);
  return config;
}

const auto kNoKeyChanges = [] {};

ScriptedUpstream::Script says(std::string body) { return always(json_answer(200, body)); }

/// Notes each request's credential and answers.
ScriptedUpstream::Script notes_credentials(Notes& notes) {
  return [&notes](Wire& wire) {
    while (const auto request = wire.read()) {
      notes.add(std::string(request->header("authorization")));
      wire.send(json_answer(200, "{}"));
    }
  };
}

/// Answers once `finish` is raised; `asked` tells that the request is here.
ScriptedUpstream::Script answers_when_told(Event& asked, Event& finish) {
  return [&](Wire& wire) {
    while (wire.read()) {
      asked.raise();
      if (!finish.wait()) return;
      wire.send(json_answer(200, R"("the old one")"));
    }
  };
}

TEST(Reloading, ANewEndpointServesTheNextCall) {
  ScriptedUpstream first(says(R"("first")"));
  ScriptedUpstream second(says(R"("second")"));
  RunningGateway gateway(first.port());
  const auto to_second = post("/second/v1/chat/completions", "{}");
  EXPECT_EQ(gateway.call(to_second).status(), 404);

  ASSERT_TRUE(gateway.gateway().reload(
      with({endpoint_at("openai", first.port()), endpoint_at("second", second.port())}),
      [&] { gateway.pool().add_key("second", {.name = "S", .secret = Secret("sk-s")}); }));

  EXPECT_EQ(gateway.call(to_second).body, R"("second")");
  EXPECT_EQ(gateway.call(kChat).body, R"("first")");
}

TEST(Reloading, AConnectionThatIsOpenGoesByTheNewRulesAtItsNextCall) {
  ScriptedUpstream first(says(R"("first")"));
  ScriptedUpstream second(says(R"("second")"));
  RunningGateway gateway(first.port());
  auto wire = gateway.connect();
  wire.send(kChat);
  ASSERT_EQ(wire.read()->body, R"("first")");

  gateway.gateway().reload(with({endpoint_at("openai", second.port())}), kNoKeyChanges);

  wire.send(kChat);
  EXPECT_EQ(wire.read()->body, R"("second")");
}

TEST(Reloading, ARunningCallEndsByTheRulesThatItBeganWith) {
  Event asked;
  Event finish;
  ScriptedUpstream first(answers_when_told(asked, finish));
  RunningGateway gateway(first.port());
  auto wire = gateway.connect();
  wire.send(kChat);
  ASSERT_TRUE(asked.wait());

  gateway.gateway().reload(with({endpoint_at("another", 1)}),
                           [&] { gateway.pool().remove_key("openai", "K0"); });

  finish.raise();
  EXPECT_EQ(wire.read()->body, R"("the old one")");
  EXPECT_EQ(gateway.call(kChat).status(), 404);
  EXPECT_EQ(gateway.ended(Outcome::answered), 1u);
}

TEST(Reloading, KeepsConnectionsToServersThatStay) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port());
  gateway.call(kChat);

  auto renewed = endpoint_at("openai", upstream.port());
  renewed.policy = Policy::sequential;
  gateway.gateway().reload(with({endpoint_at("another", 1), renewed}), kNoKeyChanges);

  gateway.call(kChat);
  EXPECT_EQ(upstream.connections(), 1);
}

TEST(Reloading, NewBoundsHoldForConnectionsThatAreOpen) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port());
  auto wire = gateway.connect();
  wire.send(kChat);
  ASSERT_EQ(wire.read()->status(), 200);

  auto strict = with({endpoint_at("openai", upstream.port())});
  strict.limits.head_bytes = 1024;
  gateway.gateway().reload(strict, kNoKeyChanges);

  wire.send(
      post("/openai/v1/chat/completions", "{}", "X-Long: " + std::string(2000, 'x') + "\r\n"));
  EXPECT_EQ(wire.read()->status(), 431);
}

TEST(Reloading, CountsOfAnEndpointThatComesBackGoOn) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port());
  gateway.call(kChat);
  gateway.gateway().reload(with({endpoint_at("another", 1)}), kNoKeyChanges);
  gateway.gateway().reload(
      with({endpoint_at("another", 1), endpoint_at("openai", upstream.port())}), kNoKeyChanges);
  gateway.call(kChat);

  ASSERT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::answered), 2u);
}

TEST(Reloading, NoCallAsksForAKeyWhileTheKeysChange) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port());
  std::future<Message> call;

  gateway.gateway().reload(with({endpoint_at("openai", upstream.port())}), [&] {
    gateway.pool().remove_key("openai", "K0");
    call = std::async(std::launch::async, [&] { return gateway.call(kChat); });
    EXPECT_TRUE(eventually([&] { return gateway.gateway().in_flight() == 1; }));
    gateway.pool().add_key("openai", {.name = "K1", .secret = Secret("sk-1")});
  });

  const auto answer = call.get();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("x-keypool-key"), "K1");
}

TEST(Reloading, ACallThatWaitsGetsANewKey) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().max_wait = 10s;
                         }});
  gateway.pool().configure_key("openai", "K0", {.max_in_flight = 1});
  const auto taken = gateway.pool().lease("openai");
  auto call = std::async(std::launch::async, [&] { return gateway.call(kChat); });
  ASSERT_TRUE(eventually([&] { return gateway.pool().waiting("openai") == 1; }));

  gateway.gateway().reload(with({endpoint_at("openai", upstream.port())}), [&] {
    gateway.pool().add_key("openai", {.name = "K1", .secret = Secret("sk-1")});
  });

  EXPECT_EQ(call.get().header("x-keypool-key"), "K1");
}

TEST(Reloading, ACallThatWaitsForAnEndpointThatMovedNeverTakesTheNewSecretToTheOldServer) {
  Notes seen;
  ScriptedUpstream old(notes_credentials(seen));
  ScriptedUpstream moved(says(R"("moved")"));
  RunningGateway gateway(old.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().max_wait = 10s;
                         }});
  gateway.pool().configure_key("openai", "K0", {.max_in_flight = 1});
  const auto taken = gateway.pool().lease("openai");
  auto call = std::async(std::launch::async, [&] { return gateway.call(kChat); });
  ASSERT_TRUE(eventually([&] { return gateway.pool().waiting("openai") == 1; }));

  gateway.gateway().reload(with({endpoint_at("openai", moved.port())}), [&] {
    gateway.pool().add_key("openai", {.name = "NEW", .secret = Secret("sk-new")});
  });

  EXPECT_EQ(call.get().status(), 503);
  EXPECT_EQ(gateway.call(kChat).body, R"("moved")");
  EXPECT_THAT(seen.all(), Not(Contains(HasSubstr("sk-new"))));
}

TEST(Reloading, IsRefusedOnceTheGatewayStops) {
  ScriptedUpstream upstream(says("{}"));
  RunningGateway gateway(upstream.port());
  gateway.gateway().drain(0ms);

  EXPECT_FALSE(gateway.gateway().reload(with({endpoint_at("openai", upstream.port())}),
                                        [] { FAIL() << "nobody is there"; }));
}

}  // namespace
}  // namespace keypool::gateway::testing
