// A day of calls of every kind, and in the end keypool's count of tokens is the provider's own.
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/stage.h"

namespace keypool::conformance {
namespace {

using namespace std::chrono_literals;

/// The kinds of calls of a dialect, each with the field that a stream asks for it with.
std::vector<http::Fetch> kinds(Dialect dialect) {
  std::vector<http::Fetch> all{question(dialect), question(dialect, Ask::stream)};
  if (dialect == Dialect::gemini) {
    http::Fetch array = question(dialect, Ask::stream);
    array.target = array.target.substr(0, array.target.find('?'));
    all.push_back(array);
  }
  if (dialect != Dialect::openai) return all;
  const auto post = [&all](std::string target, std::string body) {
    all.push_back({.method = "POST",
                   .target = std::move(target),
                   .headers = {{"content-type", "application/json"}},
                   .body = std::move(body)});
  };
  post("/v1/chat/completions",
       R"({"model":"lab-model","stream":true,"messages":[{"role":"user","content":"1234"}]})");
  post("/v1/completions", R"({"model":"lab-model","prompt":"12345678"})");
  post("/v1/completions", R"({"model":"lab-model","prompt":"12345678","stream":true})");
  post("/v1/responses", R"({"model":"lab-model","input":"12345678"})");
  post("/v1/responses", R"({"model":"lab-model","input":"12345678","stream":true})");
  post("/v1/embeddings", R"({"model":"lab-model","input":"12345678","dimensions":4})");
  return all;
}

class Day : public ::testing::TestWithParam<Dialect> {};

/// Of three keys one has a limit that is reached now and then; a few calls in a hundred fail at
/// first or are reset; half of the answers are compressed, and all come in pieces.
TEST_P(Day, OfCallsEndsWithTheProvidersOwnCount) {
  constexpr int kCalls = 720;
  constexpr auto kBetweenCalls = 24h / kCalls;
  FakeClock clock;
  lab::Scenario scenario{
      .pieces = {1, 200},
      .gzip = true,
      .pace = {.tokens_from = 3, .tokens_to = 60, .cached = 0.25, .thinking = 7}};
  scenario.keys = {
      {.name = "a", .secret = "sk-lab-a", .organization = "team", .limits = {{"*", {.rpd = 100}}}},
      {.name = "twin", .secret = "sk-lab-twin", .organization = "team"},
      {.name = "b", .secret = "sk-lab-b", .organization = "other"}};
  scenario.faults = {{.probability = 0.03, .error = lab::ErrorKind::server_error},
                     {.probability = 0.01, .kind = lab::FaultKind::reset}};
  const Stage stage({.dialect = GetParam(),
                     .scenario = scenario,
                     .clock = &clock,
                     .attempts = 6,
                     .policy = Policy::round_robin});
  const auto calls = kinds(GetParam());

  int served = 0;
  for (int i = 0; i < kCalls; ++i) {
    auto fetch = calls[static_cast<std::size_t>(i) % calls.size()];
    if (i % 2 == 0) fetch.headers.push_back({"accept-encoding", "gzip"});
    served += stage.call(std::move(fetch)).status == 200;
    clock.advance(kBetweenCalls);
  }

  EXPECT_EQ(served, kCalls);
  ASSERT_TRUE(stage.idle());
  EXPECT_GT(stage.key("a").rate_limits, 0u);
  for (const auto* name : {"a", "twin", "b"}) {
    const auto counted = stage.key(name);
    const auto seen = stage.observed(name);
    EXPECT_EQ(counted.total_input_tokens, seen.input_tokens) << name;
    EXPECT_EQ(counted.total_output_tokens, seen.output_tokens) << name;
    EXPECT_EQ(counted.successes, seen.served) << name;
  }
  EXPECT_GT(stage.key("b").total_output_tokens, 0u);
}

INSTANTIATE_TEST_SUITE_P(Usage, Day,
                         ::testing::Values(Dialect::openai, Dialect::anthropic, Dialect::gemini),
                         [](const auto& instance) {
                           return std::string(provider::to_string(instance.param));
                         });

}  // namespace
}  // namespace keypool::conformance
