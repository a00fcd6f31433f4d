// Requests that are malformed, or mean different things to different readers, against the data
// path. Upstream writes down what reaches it: nothing of what was refused, and never a message that
// could be read in a second way.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/hostile/case_file.h"
#include "tests/hostile/expect.h"
#include "tests/hostile/recording_upstream.h"

namespace keypool::hostile {
namespace {

using gateway::testing::RunningGateway;
using ::testing::Contains;
using ::testing::ElementsAreArray;

constexpr std::string_view kProbe = "GET /openai/probe HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::size_t kWorthSendingBytewise = 2000;

// How much of a body is kept before it is sent on: all of it, or so little that upstream gets it
// while it still comes.
struct Way {
  const char* name;
  std::size_t replay_bytes;
  Sends sends;
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

bool names_authorization(const std::string& line) { return line.starts_with("authorization:"); }

class HostileRequests : public ::testing::TestWithParam<std::tuple<const char*, Way>> {};

TEST_P(HostileRequests, AreReadInOneWayOrRefused) {
  const auto& [file, way] = GetParam();
  RecordingUpstream upstream;
  RunningGateway gateway(upstream.port(), {.configure = [&way](config::Config& config) {
                           config.endpoints.front().base_url.prefix = "/base";
                           config.limits.replay_bytes = way.replay_bytes;
                           config.limits.body_bytes = 1'000'000;
                         }});
  for (const auto& row : read_cases(std::string(KEYPOOL_HOSTILE_CASES "/") + file)) {
    SCOPED_TRACE(row.place + " " + row.name + " (" + row.rule + ")");
    if (way.sends == Sends::bytewise && row.request.size() > kWorthSendingBytewise) continue;

    expect_answers(row, gateway.connect(), way.sends, kProbe);
    ASSERT_TRUE(gateway.idle());

    const auto reached = upstream.take();
    std::vector<std::string> lines;
    for (const auto& message : reached) {
      EXPECT_EQ(message.trouble, "") << message.start;
      EXPECT_THAT(message.lines, Contains("authorization: Bearer sk-0"));
      EXPECT_EQ(std::ranges::count_if(message.lines, names_authorization), 1);
      EXPECT_THAT(message.lines, Contains("host: 127.0.0.1:" + std::to_string(upstream.port())));
      lines.push_back(message.start.substr(0, message.start.rfind(' ')));
    }
    auto expected = row.reached;
    if (row.stays_open) expected.emplace_back("GET /base/probe");
    EXPECT_THAT(lines, ElementsAreArray(expected));
    if (row.reached.empty() || lines.size() != expected.size()) continue;
    const auto& last = reached[row.reached.size() - 1];
    if (row.reached_body) EXPECT_EQ(last.body, *row.reached_body);
    for (const auto& line : row.reached_has) EXPECT_THAT(last.lines, Contains(line));
    for (const auto& name : row.reached_lacks) EXPECT_FALSE(last.has(name)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, HostileRequests,
    ::testing::Combine(::testing::Values("request_lines.cases", "request_headers.cases",
                                         "request_framing.cases", "request_chunks.cases",
                                         "targets.cases", "connections.cases"),
                       ::testing::Values(Way{"Kept", 8 * 1024 * 1024, Sends::whole},
                                         Way{"PassedOn", 0, Sends::whole},
                                         Way{"Bytewise", 8 * 1024 * 1024, Sends::bytewise})),
    [](const auto& row) {
      auto name = std::string(std::get<0>(row.param));
      name.resize(name.find('.'));
      return name + std::get<1>(row.param).name;
    });

}  // namespace
}  // namespace keypool::hostile
