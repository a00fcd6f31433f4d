// A call that finds no key free waits for one, in turn, instead of failing.
#include <future>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A provider that answers a call when the test says so, and notes the order of calls.
class Held {
 public:
  ScriptedUpstream::Script script() {
    return [this](Wire& wire) {
      while (const auto request = wire.read()) {
        calls_.add(request->body);
        if (request->body.find("hold") != std::string::npos && !go_on_.wait()) return;
        if (!wire.send(json_answer(200, request->body))) return;
      }
    };
  }

  void go_on() { go_on_.raise(); }
  [[nodiscard]] std::vector<std::string> calls() const { return calls_.all(); }

 private:
  Event go_on_;
  Notes calls_;
};

// Keys that take one call at a time, and calls that wait as long as it takes.
struct OneAtATime {
  Held provider;
  ScriptedUpstream upstream{provider.script()};
  RunningGateway gateway;
  Wire first;

  explicit OneAtATime(std::chrono::milliseconds max_wait = 3600s)
      : gateway(upstream.port(), {.threads = 2,
                                  .configure =
                                      [max_wait](config::Config& config) {
                                        config.endpoints.front().max_wait = max_wait;
                                      }}),
        first(gateway.connect()) {
    gateway.pool().configure_key("openai", "K0", {.max_in_flight = 1});
    first.send(post("/openai/x", "hold"));
    EXPECT_TRUE(eventually([this] { return provider.calls().size() == 1; }));
  }

  // Sends a call and waits until it stands in the queue.
  Wire waiting(const std::string& body) {
    const auto before = gateway.pool().waiting("openai");
    auto wire = gateway.connect();
    wire.send(post("/openai/x", body));
    EXPECT_TRUE(eventually([&] { return gateway.pool().waiting("openai") == before + 1; }));
    return wire;
  }
};

TEST(Waiting, EndsWithTheCallThatHeldTheKey) {
  OneAtATime one;
  auto second = one.waiting("second");

  one.provider.go_on();

  const auto answer = second.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->header("x-keypool-attempts"), "1");
  EXPECT_EQ(one.first.read()->status(), 200);
  EXPECT_TRUE(one.gateway.idle());
}

TEST(Waiting, KeepsTheOrderOfAClientsCalls) {
  OneAtATime one;
  auto a = one.waiting("a");
  auto b = one.waiting("b");
  auto c = one.waiting("c");

  one.provider.go_on();

  for (Wire* wire : {&c, &b, &a}) EXPECT_EQ(wire->read()->status(), 200);
  EXPECT_THAT(one.provider.calls(), ElementsAre("hold", "a", "b", "c"));
}

TEST(Waiting, IsGivenUpByAClientThatLeaves) {
  OneAtATime one;
  auto leaves = one.waiting("leaves");
  auto stays = one.waiting("stays");

  leaves.close();

  EXPECT_TRUE(eventually([&] { return one.gateway.pool().waiting("openai") == 1; }));
  one.provider.go_on();
  EXPECT_EQ(stays.read()->status(), 200);
  EXPECT_THAT(one.provider.calls(), ElementsAre("hold", "stays"));
  EXPECT_TRUE(one.gateway.idle());
}

TEST(Waiting, NeedsAPlace) {
  OneAtATime one;
  one.gateway.pool().configure_endpoint("openai", {.max_waiting = 1});
  auto waits = one.waiting("waits");

  const auto refused = one.gateway.call(post("/openai/x", "no place"));

  EXPECT_EQ(refused.status(), 429);
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"all_keys_cooling")"));
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(refused.header("x-should-retry"), "true");
  one.provider.go_on();
  EXPECT_EQ(waits.read()->status(), 200);
}

TEST(Waiting, IsBoundedInBytesToo) {
  OneAtATime one;
  one.gateway.pool().configure_endpoint("openai", {.max_waiting_bytes = 1000});
  auto waits = one.waiting(std::string(600, 'x'));

  EXPECT_EQ(one.gateway.call(post("/openai/x", std::string(600, 'y'))).status(), 429);
  auto small = one.waiting(std::string(300, 'z'));

  one.provider.go_on();
  EXPECT_EQ(waits.read()->status(), 200);
  EXPECT_EQ(small.read()->status(), 200);
}

TEST(Waiting, EndsAtMaxWait) {
  OneAtATime one(50ms);

  const auto refused = one.gateway.call(post("/openai/x", "late"));

  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.header("x-keypool-attempts"), "");
  EXPECT_EQ(one.gateway.pool().waiting("openai"), 0u);
  one.provider.go_on();
}

// Were each wait of a call to begin anew, a key that is always limited again would keep it for
// ever.
TEST(Waiting, OfOneCallIsMeasuredOverAllItsTries) {
  ScriptedUpstream upstream(always(
      json_answer(429, R"({"error":{"code":"rate_limit_exceeded"}})", "retry-after-ms: 20\r\n")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().max_wait = 400ms;
                           config.endpoints.front().attempts = 1;
                         }});

  const auto refused = gateway.call(kChat);

  EXPECT_EQ(refused.status(), 429);
  EXPECT_GE(std::stoi(refused.header("x-keypool-attempts")), 2);
  EXPECT_TRUE(gateway.idle());
}

TEST(Waiting, EndsWhenTheGatewayStops) {
  OneAtATime one;
  auto waits = one.waiting("waits");

  auto drained = std::async(std::launch::async, [&] { return one.gateway.gateway().drain(3600s); });

  const auto refused = waits.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), 429);
  EXPECT_EQ(refused->header("x-should-retry"), "true");
  one.provider.go_on();
  EXPECT_EQ(drained.get(), 0u);
}

TEST(Waiting, ManyClientsOnAllThreadsLoseNoKey) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(),
                         {.keys = 2, .threads = 2, .configure = [](config::Config& config) {
                            config.endpoints.front().max_wait = 3600s;
                          }});
  for (const char* key : {"K0", "K1"}) {
    gateway.pool().configure_key("openai", key, {.max_in_flight = 1});
  }
  std::vector<std::future<int>> clients;
  for (int client = 0; client < 8; ++client) {
    clients.push_back(std::async(std::launch::async, [&gateway] {
      int served = 0;
      for (int call = 0; call < 50; ++call) {
        auto wire = gateway.connect();
        wire.send(kChat);
        if (call % 5 == 4) continue;  // and leaves, wherever the call is
        const auto answer = wire.read();
        served += answer && answer->status() == 200;
      }
      return served;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 40);
  EXPECT_TRUE(gateway.idle());
  EXPECT_EQ(gateway.pool().waiting("openai"), 0u);
}

}  // namespace
}  // namespace keypool::gateway::testing
