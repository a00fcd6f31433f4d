// Answers as providers are known to give them, and how a scenario has them said.
#include "lab/known_answers.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/lab/provider_fixture.h"
#include "tests/lab/temporary_file.h"

namespace keypool::lab {
namespace {

using ::testing::HasSubstr;

std::vector<KnownAnswer> all_known() {
  std::vector<KnownAnswer> all(known_refusals().begin(), known_refusals().end());
  all.insert(all.end(), known_streams().begin(), known_streams().end());
  return all;
}

Scenario scenario_of(std::string_view text) {
  const TemporaryFile file(text);
  auto scenario = load_scenario(file.path());
  EXPECT_TRUE(scenario) << scenario.error();
  return scenario.value_or(Scenario{});
}

std::string mistake_in(std::string_view text) {
  const TemporaryFile file(text);
  const auto scenario = load_scenario(file.path());
  return scenario ? "" : scenario.error();
}

TEST(KnownAnswers, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const auto& known : all_known()) {
    EXPECT_TRUE(names.insert(known.name).second) << known.name;
    EXPECT_EQ(known_answer(known.name)->body, known.body);
  }
  EXPECT_EQ(known_answer("nobody.says_this"), nullptr);
}

TEST(KnownAnswers, AreJsonWhereTheySaySo) {
  for (const auto& known : all_known()) {
    const auto answer = to_answer(known);
    if (!answer.header("content-type")->starts_with("application/json")) continue;
    EXPECT_TRUE(nlohmann::json::accept(answer.body)) << known.name;
  }
}

TEST(KnownAnswers, AreAllInTheManual) {
  std::ifstream file(std::string(KEYPOOL_SOURCE_DIR) + "/docs/simulated-provider.md");
  std::stringstream manual;
  manual << file.rdbuf();
  for (const auto& known : all_known()) {
    EXPECT_THAT(manual.str(), HasSubstr("`" + std::string(known.name) + "`"));
  }
}

TEST(KnownAnswers, AreSaidByteForByte) {
  RunningProvider provider(scenario_of("faults: [{ says: groq.rate_limit }]"));
  const auto answer = provider.call(chat());

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body, known_answer("groq.rate_limit")->body);
  EXPECT_EQ(answer.header("x-ratelimit-reset-requests"), "2m52.8s");
  EXPECT_EQ(answer.header("retry-after"), "4");
}

TEST(KnownAnswers, GoodOnesCountWhatTheySayTheyCost) {
  auto scenario = one_key();
  scenario.faults = scenario_of("faults: [{ says: anthropic.stream }]").faults;
  RunningProvider provider(scenario);
  static_cast<void>(provider.call(chat()));

  EXPECT_EQ(provider.observed_key().served, 1u);
  EXPECT_EQ(provider.observed_key().input_tokens, 2012u);
  EXPECT_EQ(provider.observed_key().output_tokens, 15u);
}

TEST(KnownAnswers, MayBreakOffAfterTheirLastByte) {
  for (const char* end : {"cut", "reset"}) {
    RunningProvider provider(scenario_of(
        std::string("faults: [{ says: openai.chat_stream_preamble, then: ") + end + " }]"));
    const auto answer = provider.try_call(chat());
    ASSERT_FALSE(answer) << end;
    EXPECT_EQ(answer.error().kind, http::FetchErrorKind::broken);
  }
}

TEST(KnownAnswers, UnknownNamesAreMistakes) {
  EXPECT_THAT(mistake_in("faults: [{ says: groq.nothing }]"),
              HasSubstr("there is no known answer of this name"));
  EXPECT_THAT(mistake_in("faults: [{ reset: mid_body, then: cut }]"),
              HasSubstr("only what is said may end this way"));
}

TEST(Pieces, AreOfTheSizesTheScenarioWants) {
  RunningProvider provider(scenario_of("pieces: [1, 3]"));
  std::size_t pieces = 0;
  std::string body;
  auto fetch = chat("any", R"(,"stream":true)");
  fetch.on_body = [&](std::string_view piece) {
    ++pieces;
    body.append(piece);
    return true;
  };
  static_cast<void>(provider.try_call(std::move(fetch)));
  EXPECT_GT(pieces, 10u);
  EXPECT_TRUE(body.ends_with("data: [DONE]\n\n"));
  EXPECT_THAT(mistake_in("pieces: 0"), HasSubstr("expected sizes above 0"));
}

TEST(Gzip, IsForThoseWhoTakeIt) {
  RunningProvider provider(scenario_of("gzip: yes"));
  const auto plain = provider.call(chat());
  const auto packed = provider.call(chat("any", "", {{"accept-encoding", "gzip, br"}}));

  EXPECT_FALSE(plain.header("content-encoding"));
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_TRUE(packed.body.starts_with("\x1f\x8b"));
}

TEST(Raw, BytesAreSentAsTheyAre) {
  RunningProvider provider(scenario_of(
      R"(faults: [{ raw: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}" }])"));
  EXPECT_EQ(provider.call(chat()).body, "{}");
}

}  // namespace
}  // namespace keypool::lab
