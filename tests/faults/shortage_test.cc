// Too many clients, too few descriptors: some wait, or are told why not; all others are served, and
// when it eases all are.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/balance.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::faults {
namespace {

using namespace std::chrono_literals;
using gateway::testing::always;
using gateway::testing::Event;
using gateway::testing::eventually;
using gateway::testing::json_answer;
using gateway::testing::kChat;
using gateway::testing::RunningGateway;
using gateway::testing::ScriptedUpstream;
using gateway::testing::Wire;
using ::testing::HasSubstr;

TEST(Shortage, AClientWithItsShareOfConnectionsIsToldSo) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.endpoints.front().dialect = provider::Dialect::anthropic;
                           config.limits.connections_per_client = 2;
                         }});
  auto one = gateway.connect();
  auto two = gateway.connect();
  one.send(kChat);
  two.send(kChat);
  EXPECT_EQ(one.read()->status(), 200);
  EXPECT_EQ(two.read()->status(), 200);

  auto three = gateway.connect();
  three.send(kChat);
  const auto answer = three.read();

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), 429);
  EXPECT_EQ(answer->header("retry-after"), "1");
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_THAT(answer->body, HasSubstr("client_limit"));
  EXPECT_THAT(answer->body, HasSubstr(R"("type":"error")")) << "in the caller's dialect";

  one.close();
  EXPECT_TRUE(eventually([&gateway] { return gateway.gateway().counters().connections < 2; }));
  EXPECT_EQ(gateway.call(kChat).status(), 200);
}

TEST(Shortage, WhoFindsNoPlaceWaitsForOne) {
  Event go_on;
  ScriptedUpstream upstream([&go_on](Wire& wire) {
    if (wire.read() && go_on.wait()) wire.send(json_answer(200, "{}"));
  });
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.connections = 2;
                         }});
  std::vector<Wire> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(gateway.connect());
    clients.back().send(kChat);
  }
  EXPECT_TRUE(eventually([&gateway] { return gateway.gateway().in_flight() == 2; }));
  go_on.raise();

  for (auto& client : clients) {
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 200);
    client.close();
  }
}

TEST(Shortage, AnIdleConnectionGivesWay) {
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                           config.limits.connections = 1;
                         }});
  auto idle = gateway.connect();
  idle.send(kChat);
  ASSERT_EQ(idle.read()->status(), 200);

  EXPECT_EQ(gateway.call(kChat).status(), 200);
  EXPECT_EQ(idle.wait_for_end(), Wire::End::closed);
}

void tell(int pipe, const void* what, std::size_t size) {
  if (::write(pipe, what, size) != static_cast<ssize_t>(size)) ::_exit(1);
}

void learn(int pipe, void* what, std::size_t size) {
  if (::read(pipe, what, size) != static_cast<ssize_t>(size)) ::_exit(1);
}

// A gateway in a process of its own that may have few descriptors.
class SmallProcess {
 public:
  explicit SmallProcess(rlim_t descriptors) {
    if (::pipe(to_child_) != 0 || ::pipe(from_child_) != 0) std::abort();
    child_ = ::fork();
    if (child_ != 0) return;
    const rlimit files{descriptors, descriptors};
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::uint16_t upstream = 0;
    learn(to_child_[0], &upstream, sizeof upstream);
    {
      const RunningGateway gateway(upstream);
      const auto port = gateway.port();
      tell(from_child_[1], &port, sizeof port);
      char end = 0;
      learn(to_child_[0], &end, 1);
    }
    ::_exit(0);
  }
  SmallProcess(const SmallProcess&) = delete;
  SmallProcess& operator=(const SmallProcess&) = delete;
  ~SmallProcess() {
    tell(to_child_[1], "", 1);
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_EQ(status, 0);
    for (const int end : {to_child_[0], to_child_[1], from_child_[0], from_child_[1]}) ::close(end);
  }

  // The gateway's port, once it runs before this upstream.
  std::uint16_t start(std::uint16_t upstream) {
    std::uint16_t port = 0;
    tell(to_child_[1], &upstream, sizeof upstream);
    learn(from_child_[0], &port, sizeof port);
    return port;
  }

 private:
  int to_child_[2]{};
  int from_child_[2]{};
  pid_t child_ = 0;
};

TEST(Shortage, OfDescriptorsMakesClientsWaitAndFailsNoCall) {
  SmallProcess process(160);  // before this one has threads
  ScriptedUpstream upstream(always(json_answer(200, "{}")));
  const auto port = process.start(upstream.port());
  ASSERT_NE(port, 0);

  std::vector<Wire> clients;
  for (int i = 0; i < 300; ++i) {
    clients.push_back(Wire::to(port));
    clients.back().send(kChat);
  }
  for (auto& client : clients) {
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 200) << answer->body;
    client.close();
  }
}

}  // namespace
}  // namespace keypool::faults
