// Every fault of an upstream at every stage of an exchange, with many calls in flight: each caller
// is told the truth, and afterwards nothing is left over.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "tests/faults/balance.h"
#include "tests/faults/faulty_upstream.h"
#include "tests/gateway/running_gateway.h"
#include "tests/pool/fake_clock.h"

namespace keypool::faults {
namespace {

using namespace std::chrono_literals;
using gateway::Outcome;
using gateway::testing::eventually;
using gateway::testing::kChat;
using gateway::testing::RunningGateway;
using gateway::testing::Wire;

constexpr std::size_t kCalls = 500;

// What a caller may be told.
enum class Told { whole, broken, unreachable, timed_out };

struct Row {
  Stage stage;
  Fault fault;
  Told told;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << name_of(row.stage) << name_of(row.fault);
}

constexpr Row kRows[] = {
    {Stage::on_connect, Fault::reset, Told::unreachable},
    {Stage::on_connect, Fault::close, Told::unreachable},
    {Stage::on_connect, Fault::half_close, Told::unreachable},
    {Stage::on_connect, Fault::stall, Told::timed_out},
    {Stage::on_connect, Fault::garbage, Told::unreachable},
    {Stage::on_connect, Fault::endless, Told::unreachable},
    {Stage::before_head, Fault::reset, Told::unreachable},
    {Stage::before_head, Fault::close, Told::unreachable},
    {Stage::before_head, Fault::half_close, Told::unreachable},
    {Stage::before_head, Fault::stall, Told::timed_out},
    {Stage::before_head, Fault::garbage, Told::unreachable},
    {Stage::before_head, Fault::endless, Told::unreachable},
    {Stage::before_head, Fault::slow, Told::whole},
    {Stage::in_head, Fault::reset, Told::unreachable},
    {Stage::in_head, Fault::close, Told::unreachable},
    {Stage::in_head, Fault::half_close, Told::unreachable},
    {Stage::in_head, Fault::stall, Told::timed_out},
    {Stage::in_head, Fault::garbage, Told::timed_out},  // it might still become a line
    {Stage::in_head, Fault::endless, Told::unreachable},
    {Stage::in_head, Fault::slow, Told::whole},
    {Stage::in_body, Fault::reset, Told::broken},
    {Stage::in_body, Fault::close, Told::broken},
    {Stage::in_body, Fault::half_close, Told::broken},
    {Stage::in_body, Fault::stall, Told::broken},
    {Stage::in_body, Fault::garbage, Told::broken},
    {Stage::in_body, Fault::endless, Told::broken},
    {Stage::in_body, Fault::slow, Told::whole},
    {Stage::between, Fault::none, Told::whole},
    {Stage::between, Fault::reset, Told::whole},
    {Stage::between, Fault::close, Told::whole},
    {Stage::between, Fault::half_close, Told::whole},
    {Stage::between, Fault::stall, Told::whole},
    {Stage::between, Fault::garbage, Told::whole},
    {Stage::between, Fault::endless, Told::whole},
};

// Whether only the passing of time ends the calls.
bool stands_still(const Row& row) {
  return row.told == Told::timed_out || (row.fault == Fault::stall && row.stage == Stage::in_body);
}

// Whether something of an answer has come; ten seconds at most.
bool comes(const Wire& caller) {
  pollfd watched{caller.descriptor(), POLLIN, 0};
  return ::poll(&watched, 1, 10'000) == 1;
}

class UpstreamFaults : public ::testing::TestWithParam<Row> {};

void expect_told(Told told, Wire& wire) {
  auto answer = wire.read();
  while (answer && answer->status() == 102) answer = wire.read();
  ASSERT_TRUE(answer);
  switch (told) {
    case Told::whole:
      EXPECT_EQ(answer->status(), 200);
      EXPECT_TRUE(answer->whole);
      EXPECT_EQ(answer->body, kGoodBody);
      break;
    case Told::broken:
      EXPECT_EQ(answer->status(), 200);
      EXPECT_FALSE(answer->whole);
      break;
    case Told::unreachable:
      EXPECT_EQ(answer->status(), 502) << answer->body;
      EXPECT_TRUE(answer->whole);
      break;
    case Told::timed_out:
      EXPECT_EQ(answer->status(), 504) << answer->body;
      EXPECT_TRUE(answer->whole);
      break;
  }
}

TEST_P(UpstreamFaults, EachCallerIsToldTheTruthAndNothingIsLeftOver) {
  const auto& row = GetParam();
  raise_descriptor_limit();
  const auto descriptors = open_descriptors();
  const auto heap = heap_in_use();
  {
    FaultyUpstream upstream({.stage = row.stage, .fault = row.fault, .together = kCalls});
    FakeClock clock;
    RunningGateway gateway(upstream.port(), {.keys = 3,
                                             .configure =
                                                 [](config::Config& config) {
                                                   config.endpoints.front().attempts = 1;
                                                   config.limits.connect_time = 60s;
                                                 },
                                             .clock = &clock});
    std::vector<Wire> callers;
    for (std::size_t i = 0; i < kCalls; ++i) {
      callers.push_back(gateway.connect());
      callers.back().send(kChat);
    }
    if (stands_still(row)) {
      ASSERT_TRUE(eventually([&upstream] { return upstream.requests() == kCalls; }));
      if (row.stage == Stage::in_body) {
        for (const auto& caller : callers) ASSERT_TRUE(comes(caller));
      }
      clock.advance(1h);
    }
    for (auto& caller : callers) expect_told(row.told, caller);
    std::size_t calls = kCalls;
    if (row.stage == Stage::between) {
      for (auto& caller : callers) caller.send(kChat);
      for (auto& caller : callers) expect_told(Told::whole, caller);
      calls *= 2;
    }
    callers.clear();

    ASSERT_TRUE(gateway.idle());
    const auto ended = [&gateway](Outcome outcome) { return gateway.ended(outcome); };
    EXPECT_EQ(ended(Outcome::answered), row.told == Told::whole ? calls : 0);
    EXPECT_EQ(ended(Outcome::broken), row.told == Told::broken ? calls : 0);
    EXPECT_EQ(ended(Outcome::answered) + ended(Outcome::broken) + ended(Outcome::refused), calls);
    EXPECT_EQ(ended(Outcome::hung_up), 0u);
    std::uint64_t leased = 0;
    for (std::size_t key = 0; key < 3; ++key) leased += gateway.key(key).total_requests;
    EXPECT_EQ(leased, calls);
    EXPECT_TRUE(eventually([&gateway] { return gateway.gateway().counters().connections == 0; }));

    // 1,000 kept connections at most, and nothing that grows with what was sent.
    EXPECT_LT(heap_in_use(), heap + 8 * 1024 * 1024);
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

INSTANTIATE_TEST_SUITE_P(Rows, UpstreamFaults, ::testing::ValuesIn(kRows), [](const auto& row) {
  return std::string(name_of(row.param.stage)) + name_of(row.param.fault);
});

}  // namespace
}  // namespace keypool::faults
