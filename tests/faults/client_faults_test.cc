// Clients that go wrong, each at every stage of its call, while upstream is in order.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/faults/balance.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::faults {
namespace {

using namespace std::chrono_literals;
using gateway::Outcome;
using gateway::testing::Event;
using gateway::testing::eventually;
using gateway::testing::kChat;
using gateway::testing::RunningGateway;
using gateway::testing::ScriptedUpstream;
using gateway::testing::Wire;

constexpr std::size_t kCalls = 50;  // a thread of the upstream's each

enum class Stage { in_head, in_body, waiting, in_answer };
enum class Fault { reset, close, half_close };

struct Row {
  const char* name;
  Stage stage;
  Fault fault;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr Row kRows[] = {
    {"ResetInTheHead", Stage::in_head, Fault::reset},
    {"CloseInTheHead", Stage::in_head, Fault::close},
    {"HalfCloseInTheHead", Stage::in_head, Fault::half_close},
    {"ResetInTheBody", Stage::in_body, Fault::reset},
    {"CloseInTheBody", Stage::in_body, Fault::close},
    {"HalfCloseInTheBody", Stage::in_body, Fault::half_close},
    {"ResetWhileWaiting", Stage::waiting, Fault::reset},
    {"CloseWhileWaiting", Stage::waiting, Fault::close},
    {"HalfCloseWhileWaiting", Stage::waiting, Fault::half_close},
    {"ResetInTheAnswer", Stage::in_answer, Fault::reset},
    {"CloseInTheAnswer", Stage::in_answer, Fault::close},
    {"HalfCloseInTheAnswer", Stage::in_answer, Fault::half_close},
};

// How much of the request is sent before the fault.
std::string_view sent(Stage stage) {
  const std::string_view request = kChat;
  const auto head = request.find("\r\n\r\n") + 4;
  switch (stage) {
    case Stage::in_head:
      return request.substr(0, head / 2);
    case Stage::in_body:
      return request.substr(0, head + 3);
    case Stage::waiting:
    case Stage::in_answer:
      break;
  }
  return request;
}

class ClientFaults : public ::testing::TestWithParam<Row> {};

TEST_P(ClientFaults, EndTheirCallsAndNothingIsLeftOver) {
  const auto& row = GetParam();
  raise_descriptor_limit();
  const auto descriptors = open_descriptors();
  {
    std::atomic<std::size_t> arrived{0};
    std::atomic<std::size_t> cancelled{0};
    ScriptedUpstream upstream([&](Wire& wire) {
      if (!wire.read()) return;
      ++arrived;
      if (row.stage == Stage::in_answer) {
        wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      }
      if (wire.wait_for_end() != Wire::End::open) ++cancelled;
    });
    RunningGateway gateway(upstream.port());
    const bool reaches_upstream = row.stage == Stage::waiting || row.stage == Stage::in_answer;

    std::vector<Wire> callers;
    for (std::size_t i = 0; i < kCalls; ++i) {
      callers.push_back(gateway.connect());
      callers.back().send(sent(row.stage));
    }
    if (reaches_upstream) ASSERT_TRUE(eventually([&] { return arrived == kCalls; }));
    for (auto& caller : callers) {
      if (row.stage == Stage::in_answer) EXPECT_TRUE(caller.read_until("hello"));
      switch (row.fault) {
        case Fault::reset:
          caller.reset();
          break;
        case Fault::close:
          caller.close();
          break;
        case Fault::half_close:
          caller.shut_down();
          break;
      }
    }

    EXPECT_TRUE(gateway.idle());
    EXPECT_TRUE(eventually([&] { return gateway.gateway().counters().connections == 0; }));
    if (reaches_upstream) {
      EXPECT_TRUE(eventually([&] { return cancelled == kCalls; })) << "upstream is told to stop";
      EXPECT_EQ(gateway.ended(Outcome::hung_up), kCalls);
    }
    EXPECT_EQ(gateway.key(0).total_requests, reaches_upstream ? kCalls : 0);
    EXPECT_EQ(gateway.key(0).failures, 0u) << "it is no fault of the key's";
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

INSTANTIATE_TEST_SUITE_P(Rows, ClientFaults, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace keypool::faults
