// What happens around the calls: upstream is restarted, its name is not found, the clock jumps.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/balance.h"
#include "tests/faults/faulty_upstream.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"
#include "tests/pool/fake_clock.h"

namespace keypool::faults {
namespace {

using namespace std::chrono_literals;
using gateway::Outcome;
using gateway::testing::kChat;
using gateway::testing::kNoHost;
using gateway::testing::RunningGateway;
using gateway::testing::Wire;
using ::testing::HasSubstr;

constexpr std::size_t kCalls = 200;

std::vector<Wire> call_at_once(const RunningGateway& gateway) {
  std::vector<Wire> callers;
  for (std::size_t i = 0; i < kCalls; ++i) {
    callers.push_back(gateway.connect());
    callers.back().send(kChat);
  }
  return callers;
}

TEST(Weather, AnUpstreamThatIsRestartedIsFoundAgain) {
  raise_descriptor_limit();
  auto upstream = std::make_unique<FaultyUpstream>(FaultyUpstream::Plan{});
  const auto port = upstream->port();
  RunningGateway gateway(
      port, {.configure = [](config::Config& config) { config.endpoints.front().attempts = 1; }});
  ASSERT_EQ(gateway.call(kChat).body, kGoodBody);

  upstream.reset();
  EXPECT_EQ(gateway.call(kChat).status(), 502);
  upstream = std::make_unique<FaultyUpstream>(FaultyUpstream::Plan{.port = port});

  EXPECT_EQ(gateway.call(kChat).body, kGoodBody);
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::answered), 2u);
  EXPECT_EQ(gateway.ended(Outcome::refused), 1u);
}

TEST(Weather, ConnectionsKeptFromBeforeARestartCostNoCall) {
  raise_descriptor_limit();
  auto upstream = std::make_unique<FaultyUpstream>(FaultyUpstream::Plan{.together = kCalls});
  const auto port = upstream->port();
  RunningGateway gateway(port);
  for (auto& caller : call_at_once(gateway)) ASSERT_EQ(caller.read()->status(), 200);

  upstream.reset();
  upstream = std::make_unique<FaultyUpstream>(FaultyUpstream::Plan{.port = port});

  for (auto& caller : call_at_once(gateway)) EXPECT_EQ(caller.read()->body, kGoodBody);
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::answered), 2 * kCalls);
}

TEST(Weather, ANameThatIsNotFoundIsToldToEachCaller) {
  raise_descriptor_limit();
  const auto descriptors = open_descriptors();
  {
    RunningGateway gateway(1, {.configure = [](config::Config& config) {
                             config.endpoints.front().base_url.host = kNoHost;
                             config.endpoints.front().attempts = 1;
                           }});
    for (auto& caller : call_at_once(gateway)) {
      const auto answer = caller.read();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status(), 502);
      EXPECT_THAT(answer->body, HasSubstr("upstream_unreachable"));
    }
    EXPECT_TRUE(gateway.idle());
    EXPECT_EQ(gateway.ended(Outcome::refused), kCalls);
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Weather, ACallOutlivesStepsOfTheWallClock) {
  raise_descriptor_limit();
  for (const auto step : {24h, -24h}) {
    FakeClock clock;
    // The last call to come lets all others go on.
    FaultyUpstream upstream({.stage = Stage::in_body, .together = kCalls});
    RunningGateway gateway(upstream.port(), {.clock = &clock});
    auto callers = call_at_once(gateway);
    clock.step_wall(step);
    for (auto& caller : callers) {
      const auto answer = caller.read();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->body, kGoodBody);
    }
    EXPECT_TRUE(gateway.idle());
    EXPECT_EQ(gateway.key(0).successes, kCalls);
    EXPECT_EQ(gateway.key(0).state, KeyState::ready) << "no key is frozen or freed by it";
  }
}

TEST(Weather, WhatWaitsWhenTheMonotonicClockLeapsIsToldThatItIsLate) {
  raise_descriptor_limit();
  FakeClock clock;
  FaultyUpstream upstream({.stage = Stage::before_head, .fault = Fault::stall, .together = kCalls});
  RunningGateway gateway(upstream.port(), {.clock = &clock});
  auto callers = call_at_once(gateway);
  ASSERT_TRUE(gateway::testing::eventually([&] { return upstream.requests() == kCalls; }));

  clock.advance(1h);  // the machine slept

  for (auto& caller : callers) {
    const auto answer = caller.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 504);
  }
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.ended(Outcome::refused), kCalls);
}

}  // namespace
}  // namespace keypool::faults
