#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "http/client.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

std::uint16_t port_in(const std::string& digits) {
  return digits.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(std::stoi(digits));
}

std::uint16_t gateway_port(Program& run) {
  return port_in(run.wait_for("calls  http://127\\.0\\.0\\.1:(\\d+)"));
}
std::uint16_t admin_port(Program& run) {
  return port_in(run.wait_for("admin  http://127\\.0\\.0\\.1:(\\d+)"));
}

http::Answer get(std::uint16_t port, std::string target) {
  const auto answer = http::fetch({.port = port, .target = std::move(target)});
  EXPECT_TRUE(answer) << answer.error().message;
  return answer.value_or(http::Answer{});
}

/// An upstream that does not exist: reserved, nothing listens there (RFC 6335).
constexpr const char* kOneEndpoint = R"(
endpoints:
  - name: openai
    base_url: http://127.0.0.1:1
    dialect: openai
    keys: [OPENAI_API_KEY, TEAM_B_KEY]
limits: { grace_time: 1s }
)";

TEST(ServeDemo, SaysWhatItLookedForAndServesASimulation) {
  Keypool keypool;
  auto run = keypool.serve();
  run.wait_for("Try it:\n  (curl .*)\n");
  EXPECT_THAT(run.out(), HasSubstr("No key was found"));
  EXPECT_THAT(run.out(), HasSubstr("OPENAI_API_KEY"));
  EXPECT_THAT(run.out(), HasSubstr("demo"));
}

TEST(ServeDemo, PrintsACurlLineThatWorksWhenPasted) {
  Keypool keypool;
  auto run = keypool.serve();
  const std::string line = run.wait_for("Try it:\n  (curl .*)\n");

  Program pasted({"sh", "-c", line}, keypool.environment());

  EXPECT_EQ(pasted.wait(), 0) << pasted.err();
  const auto answer = json::parse(pasted.out());
  EXPECT_THAT(answer["choices"][0]["message"]["content"].get<std::string>(), Not(IsEmpty()));
}

TEST(ServeDemo, IsNeverAddedToAConfigurationFile) {
  Keypool keypool;
  auto run = keypool.serve({"--config", keypool.file("keypool.yaml", kOneEndpoint)});
  const auto admin = admin_port(run);
  run.wait_for("No endpoint has a key");
  const auto endpoints = json::parse(get(admin, "/api/v1/endpoints").body)["endpoints"];
  ASSERT_EQ(endpoints.size(), 1);
  EXPECT_EQ(endpoints[0]["name"], "openai");
}

TEST(Serve, TellsWhereEachKeyWasFoundAndWhatIsMissing) {
  Keypool keypool;
  keypool.with("OPENAI_API_KEY", std::string(kMarker) + "-a," + kMarker + "-b");
  auto run = keypool.serve({"--config", keypool.file("keypool.yaml", kOneEndpoint)});
  run.wait_for("Try it:\n  (curl .*/openai/v1/models)\n");
  EXPECT_THAT(run.out(), testing::ContainsRegex("openai +2  environment"));
  EXPECT_THAT(run.out(), HasSubstr("openai: no value for TEAM_B_KEY"));
}

TEST(Serve, NeverShowsASecret) {
  Keypool keypool;
  keypool.with("OPENAI_API_KEY", kMarker);
  auto run = keypool.serve(
      {"--log-level", "trace", "--config", keypool.file("keypool.yaml", kOneEndpoint)});
  const auto gateway = gateway_port(run);
  const auto admin = admin_port(run);
  std::string answers = get(gateway, "/openai/v1/models").body + get(gateway, "/nowhere").body;
  for (const char* target : {"/", "/api/v1/endpoints", "/api/v1/keys", "/readyz"}) {
    answers += get(admin, target).body;
  }
  run.signal(SIGTERM);
  run.wait();
  EXPECT_THAT(answers + run.out() + run.err(), Not(HasSubstr("marker")));
}

TEST(Serve, EndsWithZeroOnEitherSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Keypool keypool;
    auto run = keypool.serve();
    run.wait_for("Try it:\n  curl .*\n");
    run.signal(signal);
    EXPECT_EQ(run.wait(), 0) << run.err();
  }
}

/// A call to the demo that takes far longer than any test: one token a minute.
Program endless_call(const Keypool& keypool, std::uint16_t gateway) {
  return Program(
      {"curl", "-sN", "http://127.0.0.1:" + std::to_string(gateway) + "/demo/v1/chat/completions",
       "-H", "content-type: application/json", "-H", "x-lab-tokens: 1000", "-H",
       "x-lab-tokens-per-second: 0.5", "-d",
       R"({"model": "demo", "stream": true, "messages": [{"role": "user", "content": "hi"}]})"},
      keypool.environment());
}

TEST(Serve, LetsARunningCallEndAndTakesNoNewOne) {
  Keypool keypool;
  auto run = keypool.serve();
  const auto gateway = gateway_port(run);
  const auto admin = admin_port(run);
  Program call(
      {"curl", "-sN", "http://127.0.0.1:" + std::to_string(gateway) + "/demo/v1/chat/completions",
       "-H", "content-type: application/json", "-H", "x-lab-tokens: 40", "-H",
       "x-lab-tokens-per-second: 20", "-d",
       R"({"model": "demo", "stream": true, "messages": [{"role": "user", "content": "hi"}]})"},
      keypool.environment());
  call.wait_for("data: ");

  run.signal(SIGTERM);
  run.wait_for("Stopping: 1 call running");

  EXPECT_EQ(get(admin, "/readyz").status, 503);
  EXPECT_EQ(call.wait(), 0);
  EXPECT_THAT(call.out(), HasSubstr("data: [DONE]"));
  EXPECT_EQ(run.wait(), 0);
}

TEST(Serve, EndsAtOnceOnASecondSignal) {
  Keypool keypool;
  auto run = keypool.serve();
  auto call = endless_call(keypool, gateway_port(run));
  call.wait_for("data: ");
  run.signal(SIGTERM);
  run.wait_for("Stopping: 1 call running");
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(), 128 + SIGTERM);
  call.wait();
}

TEST(Serve, SaysWhoHoldsThePort) {
  Keypool keypool;
  auto first = keypool.serve();
  const std::string taken = std::to_string(gateway_port(first));

  auto second =
      keypool.start({"serve", "--listen", "127.0.0.1:" + taken, "--admin-listen", "127.0.0.1:0"});

  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.err(), HasSubstr("127.0.0.1:" + taken));
  EXPECT_THAT(second.err(), HasSubstr("Choose another with --listen"));
}

TEST(Serve, SaysWhichOptionMovesTheAdminPort) {
  Keypool keypool;
  auto first = keypool.serve();
  const std::string taken = std::to_string(admin_port(first));

  auto second =
      keypool.start({"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:" + taken});

  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.err(), HasSubstr("Choose another with --admin-listen"));
}

TEST(Serve, StartsNothingOnAMistakeInTheFile) {
  Keypool keypool;
  auto run =
      keypool.serve({"--config", keypool.file("bad.yaml", "listen: 8080:8080\nendpont: []\n")});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr("bad.yaml:2:1"));
  EXPECT_THAT(run.err(), HasSubstr("nothing was started"));
}

TEST(Serve, LeavesNoCoreAndIsNotDumpable) {
  Keypool keypool;
  auto run = keypool.serve();
  run.wait_for("Try it:");
  std::ifstream limits("/proc/" + std::to_string(run.id()) + "/limits");
  const std::string text{std::istreambuf_iterator<char>(limits), {}};
  EXPECT_THAT(text, testing::ContainsRegex("Max core file size +0 +0"));
}

TEST(Serve, WritesNoEscapeCodesIntoAPipe) {
  Keypool keypool;
  keypool.with("TERM", "xterm-256color");
  auto run = keypool.serve();
  run.wait_for("Try it:");
  run.signal(SIGTERM);
  run.wait();
  EXPECT_THAT(run.out() + run.err(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace keypool::test
