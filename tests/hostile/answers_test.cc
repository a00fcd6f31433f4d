// Answers that are malformed, or mean different things to different readers: the client gets what
// was told, or learns that it was not; and never another call's answer.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"
#include "tests/hostile/case_file.h"
#include "tests/hostile/expect.h"

namespace keypool::hostile {
namespace {

using namespace std::chrono_literals;
using gateway::testing::always;
using gateway::testing::json_answer;
using gateway::testing::Message;
using gateway::testing::RunningGateway;
using gateway::testing::ScriptedUpstream;
using gateway::testing::Wire;

const std::string kAsk = "GET /openai/x HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kNext = json_answer(200, "next");

// On its first connection it answers as the case says, and properly whatever comes then.
std::vector<ScriptedUpstream::Script> scripts(const Case& row) {
  const auto hostile = [&row](Wire& wire) {
    if (wire.read_head().empty()) return;
    wire.send(row.response);
    if (row.finish == Case::Finish::closes) return;
    if (row.finish == Case::Finish::resets) return wire.reset();
    while (!wire.read_head().empty() && wire.send(kNext)) {
    }
  };
  return {hostile, always(kNext)};
}

TEST(HostileAnswers, AreToldTruly) {
  for (const auto& row : read_cases(KEYPOOL_HOSTILE_CASES "/answers.cases")) {
    SCOPED_TRACE(row.place + " " + row.name + " (" + row.rule + ")");
    ScriptedUpstream upstream(scripts(row));
    RunningGateway gateway(upstream.port(), {.configure = [](config::Config& config) {
                             config.endpoints.front().attempts = 1;
                             config.limits.first_byte_time = 50ms;
                             config.limits.idle_time = 50ms;
                           }});
    const std::string ask = row.request.empty() ? kAsk : row.request;
    auto wire = gateway.connect();
    wire.send(ask);
    Message last;
    for (const int status : row.answers) {
      auto answer = wire.read(ask.starts_with("HEAD "));
      ASSERT_TRUE(answer) << "expected " << status;
      EXPECT_EQ(answer->status(), status) << answer->body;
      expect_one_framing(*answer);
      last = std::move(*answer);
    }
    EXPECT_EQ(last.whole, row.whole.value_or(true));
    if (row.body) EXPECT_EQ(last.body, *row.body);
    expect_head(last, row);

    EXPECT_EQ(gateway.call(kAsk).body, "next") << "the next call's answer is its own";
    EXPECT_TRUE(gateway.idle());
  }
}

}  // namespace
}  // namespace keypool::hostile
