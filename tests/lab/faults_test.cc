// What goes wrong, when, and how a caller sees it.
#include "lab/faults.h"

#include <optional>

#include "tests/lab/provider_fixture.h"

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using http::FetchErrorKind;
using ::testing::HasSubstr;

Fault with(Fault fault, ErrorKind error) {
  fault.kind = FaultKind::error;
  fault.error = error;
  return fault;
}

// Which calls are struck

std::vector<int> struck_calls(Fault fault, int calls, const CallMarks& marks = {}) {
  FaultScript script({std::move(fault)});
  std::vector<int> struck;
  for (int call = 1; call <= calls; ++call) {
    Random random(static_cast<std::uint64_t>(call));
    if (script.strike(marks, random)) struck.push_back(call);
  }
  return struck;
}

TEST(FaultScript, StrikesByOrder) {
  EXPECT_EQ(struck_calls({.first_call = 2, .last_call = 3}, 5), (std::vector{2, 3}));
}

TEST(FaultScript, StrikesByKeyModelAndPath) {
  const Fault fault{.keys = "team-*", .models = "gpt*", .paths = "*/chat/*"};
  const CallMarks good{.key = "team-a", .model = "gpt-x", .path = "/v1/chat/completions"};
  EXPECT_EQ(struck_calls(fault, 1, good).size(), 1u);

  auto marks = good;
  marks.key = "solo";
  EXPECT_TRUE(struck_calls(fault, 1, marks).empty());
  marks = good;
  marks.model = "claude";
  EXPECT_TRUE(struck_calls(fault, 1, marks).empty());
  marks = good;
  marks.path = "/v1/models";
  EXPECT_TRUE(struck_calls(fault, 1, marks).empty());
}

TEST(FaultScript, StrikesInItsTime) {
  const Fault fault{.from = 10s, .until = 20s};
  EXPECT_TRUE(struck_calls(fault, 1, {.now = 9'999ms}).empty());
  EXPECT_FALSE(struck_calls(fault, 1, {.now = 10s}).empty());
  EXPECT_TRUE(struck_calls(fault, 1, {.now = 20s}).empty());
}

TEST(FaultScript, StrikesAboutAsOftenAsItsProbability) {
  const auto struck = struck_calls({.probability = 0.25}, 10'000);
  EXPECT_NEAR(static_cast<double>(struck.size()), 2'500, 150);
}

TEST(FaultScript, LetsTheFirstFaultDecideAndTheOthersCount) {
  FaultScript script(
      {{.last_call = 1, .kind = FaultKind::reset}, {.first_call = 2, .kind = FaultKind::stall}});
  Random random(1);

  EXPECT_EQ(script.strike({}, random)->kind, FaultKind::reset);
  EXPECT_EQ(script.strike({}, random)->kind, FaultKind::stall);
}

// How they look from outside

Scenario struck_by(Fault fault) {
  auto scenario = one_key();
  scenario.faults.push_back(std::move(fault));
  return scenario;
}

struct Break {
  const char* name;
  FaultKind kind;
  FaultPoint at;
  const char* more;  ///< of the request's body
  FetchErrorKind seen;
  bool head_seen;
  bool text_seen;
};

void PrintTo(const Break& row, std::ostream* out) { *out << row.name; }

class FaultBreaks : public ::testing::TestWithParam<Break> {};

TEST_P(FaultBreaks, TheAnswer) {
  const Break& row = GetParam();
  RunningProvider provider(struck_by({.kind = row.kind, .at = row.at}));
  bool head_seen = false;
  std::string body;
  auto fetch = chat("sk-demo-a", row.more);
  fetch.deadline = 2s;
  fetch.on_head = [&](const http::Answer&) { head_seen = true; };
  fetch.on_body = [&](std::string_view piece) {
    body.append(piece);
    return true;
  };
  if (row.kind == FaultKind::stall) fetch.deadline = 100ms;

  const auto answer = provider.try_call(std::move(fetch));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, row.seen) << answer.error().message;
  EXPECT_EQ(head_seen, row.head_seen);
  EXPECT_EQ(!body.empty(), row.text_seen);
  EXPECT_EQ(provider.observed_key().faults, 1u);
  EXPECT_EQ(provider.observed_key().output_tokens, 0u);
}

constexpr const char* kStream = R"(,"stream":true)";

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultBreaks,
    ::testing::Values(Break{"ResetBeforeTheHead", FaultKind::reset, FaultPoint::before_head, "",
                            FetchErrorKind::broken, false, false},
                      Break{"ResetAfterTheHead", FaultKind::reset, FaultPoint::after_head, "",
                            FetchErrorKind::broken, true, false},
                      Break{"ResetInAStream", FaultKind::reset, FaultPoint::mid_body, kStream,
                            FetchErrorKind::broken, true, true},
                      Break{"StallBeforeTheHead", FaultKind::stall, FaultPoint::before_head, "",
                            FetchErrorKind::timed_out, false, false},
                      Break{"StallAfterTheHeadOfAStream", FaultKind::stall, FaultPoint::after_head,
                            kStream, FetchErrorKind::timed_out, true, false},
                      Break{"StallInABody", FaultKind::stall, FaultPoint::mid_body, "",
                            FetchErrorKind::timed_out, true, true},
                      Break{"CutBeforeTheHead", FaultKind::cut, FaultPoint::before_head, "",
                            FetchErrorKind::broken, false, false},
                      Break{"CutInABody", FaultKind::cut, FaultPoint::mid_body, "",
                            FetchErrorKind::broken, true, true},
                      Break{"CutInAStream", FaultKind::cut, FaultPoint::mid_body, kStream,
                            FetchErrorKind::broken, true, true},
                      Break{"Garbage", FaultKind::garbage, FaultPoint::before_head, "",
                            FetchErrorKind::malformed, false, false}),
    [](const auto& row) { return row.param.name; });

TEST(Fault, GivesTheAnswerOfTheScript) {
  Fault fault{.kind = FaultKind::answer};
  fault.answer = {.status = 502, .headers = {{"content-type", "text/html"}}, .body = "<h1>no</h1>"};
  RunningProvider provider(struck_by(std::move(fault)));

  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.header("content-type"), "text/html");
  EXPECT_EQ(answer.body, "<h1>no</h1>");
}

TEST(Fault, MakesAGoodAnswerLate) {
  RunningProvider provider(struck_by({.kind = FaultKind::slow, .delay = 30ms}));
  const auto begin = system_clock().now();

  EXPECT_EQ(provider.call(chat()).status, 200);

  EXPECT_GE(system_clock().now() - begin, 30ms);
  EXPECT_EQ(provider.observed_key().served, 1u);
}

TEST(Fault, TellsAnErrorWithinAStream) {
  RunningProvider provider(struck_by(with({.at = FaultPoint::mid_body}, ErrorKind::server_error)));

  const auto events = events_of(provider.call(chat("sk-demo-a", kStream)).body);

  ASSERT_EQ(events.size(), 1 + 4 + 1u);
  EXPECT_EQ(data_of(events.back())["error"]["type"], "server_error");
}

TEST(Fault, TellsAnErrorWithinAnAnthropicStream) {
  RunningProvider provider(struck_by(with({.at = FaultPoint::mid_body}, ErrorKind::overloaded)));

  const auto events = events_of(
      provider
          .call(post("/v1/messages", R"({"model":"m","max_tokens":9,"messages":[],"stream":true})",
                     {{"x-api-key", "sk-demo-a"}}))
          .body);

  EXPECT_EQ(events.back().name, "error");
  EXPECT_EQ(data_of(events.back())["error"]["type"], "overloaded_error");
}

TEST(Fault, FailsAResponseStreamInItsOwnEvents) {
  RunningProvider provider(struck_by(with({.at = FaultPoint::mid_body}, ErrorKind::rate_limit)));

  const auto events =
      events_of(provider
                    .call(post("/v1/responses", R"({"model":"m","input":"x","stream":true})",
                               {{"authorization", "Bearer sk-demo-a"}}))
                    .body);

  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events[events.size() - 2].name, "error");
  EXPECT_EQ(events.back().name, "response.failed");
  EXPECT_EQ(data_of(events.back())["response"]["error"]["code"], "rate_limit_exceeded");
}

TEST(Fault, BreaksAGeminiStreamWithAChunkOfItsOwn) {
  RunningProvider provider(struck_by(with({.at = FaultPoint::mid_body}, ErrorKind::overloaded)));
  const auto ask = [&](const char* target) {
    return provider.call(post(target, R"({"contents":[]})", {{"x-goog-api-key", "sk-demo-a"}}));
  };

  const auto events = events_of(ask("/v1beta/models/m:streamGenerateContent?alt=sse").body, "\r\n");
  EXPECT_EQ(data_of(events.back())["error"]["status"], "UNAVAILABLE");
  const auto pieces = json_of(ask("/v1beta/models/m:streamGenerateContent"));
  EXPECT_EQ(pieces.back()["error"]["status"], "UNAVAILABLE");
}

/// The same error, asked of each family.
struct Named {
  const char* name;
  ErrorKind error;
  int openai;
  const char* openai_code;  ///< or type, where there is no code
  int anthropic;
  const char* anthropic_type;
  int gemini;
  const char* gemini_state;
};

void PrintTo(const Named& row, std::ostream* out) { *out << row.name; }

class FaultError : public ::testing::TestWithParam<Named> {};

TEST_P(FaultError, IsWordedAsEachProviderDoes) {
  const Named& row = GetParam();
  RunningProvider provider(struck_by(with({}, row.error)));

  const auto openai = provider.call(chat());
  EXPECT_EQ(openai.status, row.openai);
  const auto error = json_of(openai)["error"];
  EXPECT_EQ(error["code"].is_null() ? error["type"] : error["code"], row.openai_code);

  const auto anthropic = provider.call(post("/v1/messages", "{}", {{"x-api-key", "sk-demo-a"}}));
  EXPECT_EQ(anthropic.status, row.anthropic);
  EXPECT_EQ(json_of(anthropic)["error"]["type"], row.anthropic_type);

  const auto gemini = provider.call(
      post("/v1beta/models/m:generateContent", "{}", {{"x-goog-api-key", "sk-demo-a"}}));
  EXPECT_EQ(gemini.status, row.gemini);
  EXPECT_EQ(json_of(gemini)["error"]["code"], row.gemini);
  EXPECT_EQ(json_of(gemini)["error"]["status"], row.gemini_state);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FaultError,
    ::testing::Values(Named{"RateLimit", ErrorKind::rate_limit, 429, "rate_limit_exceeded", 429,
                            "rate_limit_error", 429, "RESOURCE_EXHAUSTED"},
                      Named{"InsufficientQuota", ErrorKind::insufficient_quota, 429,
                            "insufficient_quota", 402, "billing_error", 429, "RESOURCE_EXHAUSTED"},
                      Named{"SpendLimit", ErrorKind::spend_limit, 429,
                            "organization_spend_limit_exceeded", 429, "rate_limit_error", 429,
                            "RESOURCE_EXHAUSTED"},
                      Named{"BadKey", ErrorKind::bad_key, 401, "invalid_api_key", 401,
                            "authentication_error", 400, "INVALID_ARGUMENT"},
                      Named{"LeakedKey", ErrorKind::leaked_key, 401, "invalid_api_key", 401,
                            "authentication_error", 403, "PERMISSION_DENIED"},
                      Named{"Forbidden", ErrorKind::forbidden, 403, "model_not_found", 403,
                            "permission_error", 403, "PERMISSION_DENIED"},
                      Named{"ModelNotFound", ErrorKind::model_not_found, 404, "model_not_found",
                            404, "not_found_error", 404, "NOT_FOUND"},
                      Named{"NotFound", ErrorKind::not_found, 404, "invalid_request_error", 404,
                            "not_found_error", 404, "NOT_FOUND"},
                      Named{"InvalidRequest", ErrorKind::invalid_request, 400,
                            "invalid_request_error", 400, "invalid_request_error", 400,
                            "INVALID_ARGUMENT"},
                      Named{"TooLarge", ErrorKind::too_large, 400, "context_length_exceeded", 413,
                            "request_too_large", 400, "INVALID_ARGUMENT"},
                      Named{"Overloaded", ErrorKind::overloaded, 503, "server_is_overloaded", 529,
                            "overloaded_error", 503, "UNAVAILABLE"},
                      Named{"Unavailable", ErrorKind::unavailable, 503, "server_error", 503,
                            "api_error", 503, "UNAVAILABLE"},
                      Named{"SlowDown", ErrorKind::slow_down, 503, "slow_down", 429,
                            "rate_limit_error", 429, "RESOURCE_EXHAUSTED"},
                      Named{"ServerError", ErrorKind::server_error, 500, "server_error", 500,
                            "api_error", 500, "INTERNAL"},
                      Named{"Timeout", ErrorKind::timeout, 504, "server_error", 504,
                            "timeout_error", 504, "DEADLINE_EXCEEDED"}),
    [](const auto& row) { return row.param.name; });

TEST(Fault, SpendLimitOfAnthropicNamesItselfAndGivesNoHint) {
  RunningProvider provider(struck_by(with({}, ErrorKind::spend_limit)));

  const auto answer = provider.call(post("/v1/messages", "{}", {{"x-api-key", "sk-demo-a"}}));

  EXPECT_EQ(json_of(answer)["error"]["details"]["error_code"], "enforced_spend_limit_reached");
  EXPECT_EQ(answer.header("retry-after"), std::nullopt);
}

}  // namespace
}  // namespace keypool::lab
