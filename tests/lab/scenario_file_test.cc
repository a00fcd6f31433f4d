#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/scenario.h"
#include "tests/lab/temporary_file.h"

namespace keypool::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::expected<Scenario, std::string> load(std::string_view text) {
  return load_scenario(TemporaryFile(text).path());
}

TEST(ScenarioFile, MayLeaveEverythingOut) {
  const auto scenario = load("");

  ASSERT_TRUE(scenario) << scenario.error();
  EXPECT_EQ(scenario->port, 0);
  EXPECT_TRUE(scenario->keys.empty());
}

TEST(ScenarioFile, SaysAllThereIsToSay) {
  const auto loaded = load(R"(
listen: "[::1]:9000"
seed: 7
time_scale: 60
limit_headers: groq
answers: { tokens: [20, 80], first_token: 300ms, tokens_per_second: 40 }
models:
  - { match: "gpt-*-mini", tokens: 30 }
keys:
  - name: team-a
    secret: sk-demo-team-a
    organization: org-demo-1
    limits:
      "claude-*": { rpm: 50, input_tpm: 30000, output_tpm: 8000 }
      "*": { rpm: 60, tpm: 10000, rpd: 1000, burst: 0.5 }
  - { name: team-b, secret: sk-demo-team-b, organization: org-demo-1 }
faults:
  - { keys: "team-*", calls: [3, 5], error: overloaded }
  - { models: "gpt-4*", probability: 0.1, reset: mid_body }
  - { paths: "*/embeddings", from: 10s, until: 1m, stall: before_head }
  - { calls: 2, cut: after_head }
  - { garbage: yes }
  - { slow: 5s }
  - { error: server_error, at: mid_body }
  - answer: { status: 502, headers: { content-type: text/html }, body: "<h1>Bad gateway</h1>" }
changes:
  - { at: 30s, key: team-a, limits: { "*": { rpm: 30 } } }
)");

  ASSERT_TRUE(loaded) << loaded.error();
  const Scenario& scenario = *loaded;
  EXPECT_EQ(scenario.host, "::1");
  EXPECT_EQ(scenario.port, 9000);
  EXPECT_EQ(scenario.seed, 7u);
  EXPECT_EQ(scenario.time_scale, 60);
  EXPECT_EQ(scenario.limit_headers, LimitHeaders::groq);
  EXPECT_EQ(scenario.pace.tokens_from, 20u);
  EXPECT_EQ(scenario.pace.tokens_to, 80u);

  const Pace& mini = scenario.pace_of("gpt-4-mini");
  EXPECT_EQ(mini.tokens_to, 30u);
  EXPECT_EQ(mini.first_token, 300ms);
  EXPECT_EQ(mini.tokens_per_second, 40);
  EXPECT_EQ(scenario.pace_of("other").tokens_to, 80u);

  ASSERT_EQ(scenario.keys.size(), 2u);
  EXPECT_EQ(scenario.keys[0].limits[0].first, "claude-*");
  EXPECT_EQ(scenario.keys[0].limits[0].second,
            (Limits{.rpm = 50, .input_tpm = 30'000, .output_tpm = 8'000}));
  EXPECT_EQ(scenario.keys[0].limits[1].second,
            (Limits{.rpm = 60, .rpd = 1'000, .tpm = 10'000, .burst = 0.5}));
  EXPECT_EQ(scenario.keys[1].organization, "org-demo-1");

  ASSERT_EQ(scenario.faults.size(), 8u);
  EXPECT_EQ(scenario.faults[0].keys, "team-*");
  EXPECT_EQ(scenario.faults[0].first_call, 3u);
  EXPECT_EQ(scenario.faults[0].last_call, 5u);
  EXPECT_EQ(scenario.faults[0].error, ErrorKind::overloaded);
  EXPECT_EQ(scenario.faults[1].kind, FaultKind::reset);
  EXPECT_EQ(scenario.faults[1].at, FaultPoint::mid_body);
  EXPECT_EQ(scenario.faults[1].probability, 0.1);
  EXPECT_EQ(scenario.faults[2].until, 60s);
  EXPECT_EQ(scenario.faults[3].last_call, 2u);
  EXPECT_EQ(scenario.faults[4].kind, FaultKind::garbage);
  EXPECT_EQ(scenario.faults[5].delay, 5s);
  EXPECT_EQ(scenario.faults[6].at, FaultPoint::mid_body);
  EXPECT_EQ(scenario.faults[7].answer.status, 502);
  EXPECT_EQ(scenario.faults[7].answer.header("content-type"), "text/html");

  ASSERT_EQ(scenario.changes.size(), 1u);
  EXPECT_EQ(scenario.changes[0].at, 30s);
  EXPECT_EQ(scenario.changes[0].limits[0].second, (Limits{.rpm = 30}));
}

TEST(ScenarioFile, MayBeJson) {
  const auto scenario = load(
      R"({"answers":{"tokens":8},"keys":[{"name":"A","secret":"sk-demo","limits":{"*":{"rpm":2,"burst":0.5}}}]})");

  ASSERT_TRUE(scenario) << scenario.error();
  EXPECT_EQ(scenario->keys[0].limits[0].second, (Limits{.rpm = 2, .burst = 0.5}));
}

TEST(ScenarioFile, ThatIsNotThereIsNamed) {
  const auto scenario = load_scenario("/nowhere/scenario.yaml");

  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error(), "cannot read /nowhere/scenario.yaml: No such file or directory");
}

struct Row {
  const char* name;
  const char* text;
  const char* complaint;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ScenarioMistake : public ::testing::TestWithParam<Row> {};

TEST_P(ScenarioMistake, IsNamedWithItsPlace) {
  const TemporaryFile file(GetParam().text);

  const auto scenario = load_scenario(file.path());

  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error(), HasSubstr(file.path() + ":" + GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ScenarioMistake,
    ::testing::Values(
        Row{"Syntax", "keys: [", "1:"},
        Row{"NotAnObject", "- 1", "1:1: expected an object, got a list"},
        Row{"UnknownField", "answers:\n  token: 5",
            "2:3: answers.token: unknown field; known here"},
        Row{"FieldTwice", "seed: 1\nseed: 2", "2:1: seed: given twice"},
        Row{"Number", "seed: many", "1:7: seed: expected a whole number, got \"many\""},
        Row{"Duration", "answers: { first_token: 5 }",
            "1:25: answers.first_token: expected a duration such as"},
        Row{"Range", "answers: { tokens: [9, 3] }", "1:20: answers.tokens: the second number"},
        Row{"Listen", "listen: 9000", "1:9: listen: expected an address"},
        Row{"Scale", "time_scale: 0", "1:13: time_scale: expected a number above 0"},
        Row{"Headers", "limit_headers: some", "1:16: limit_headers: expected one of native"},
        Row{"KeyWithoutSecret", "keys: [ { name: a } ]",
            "1:9: keys[0]: the field secret is missing"},
        Row{"KeyTwice", "keys:\n  - {name: a, secret: s}\n  - {name: a, secret: t}",
            "3:5: keys[1]: another key has this name"},
        Row{"SecretTwice", "keys:\n  - {name: a, secret: s}\n  - {name: b, secret: s}",
            "3:5: keys[1]: another key has this secret"},
        Row{"LimitsTwice",
            "keys:\n  - {name: a, secret: s, organization: o, limits: {}}\n"
            "  - {name: b, secret: t, organization: o, limits: {'*': {rpm: 1}}}",
            "3:5: keys[1]: the limits of an organization"},
        Row{"Burst", "keys: [{name: a, secret: s, limits: {'*': {burst: 2}}}]",
            "1:43: keys[0].limits.*: burst"},
        Row{"FaultWithoutAction", "faults: [ { keys: a } ]",
            "1:11: faults[0]: expected exactly one of error"},
        Row{"FaultWithTwoActions", "faults: [ { garbage: yes, slow: 1s } ]",
            "1:11: faults[0]: expected exactly one of error"},
        Row{"FaultError", "faults: [ { error: bad } ]",
            "1:20: faults[0].error: expected one of rate_limit"},
        Row{"FaultPoint", "faults: [ { reset: later } ]",
            "1:20: faults[0].reset: expected one of before_head"},
        Row{"FaultProbability", "faults: [ { probability: 2, slow: 1s } ]",
            "1:26: faults[0].probability: expected a probability"},
        Row{"ChangeOfAnUnknownKey", "changes: [ { at: 1s, key: x, limits: {} } ]",
            "1:12: changes[0]: there is no key of this name"}),
    [](const auto& row) { return row.param.name; });

TEST(ScenarioFile, TellsAllItsMistakesAtOnce) {
  const auto scenario = load("seed: x\ntime_scale: y");

  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error(), HasSubstr(":1:7: seed"));
  EXPECT_THAT(scenario.error(), HasSubstr("\n"));
  EXPECT_THAT(scenario.error(), HasSubstr(":2:13: time_scale"));
}

TEST(DefaultScenario, HasThreeKeysOfUnequalLimitsAndSecretsThatAreNone) {
  const Scenario scenario = default_scenario();

  ASSERT_EQ(scenario.keys.size(), 3u);
  for (const Key& key : scenario.keys) EXPECT_TRUE(key.secret.starts_with("sk-demo-"));
  EXPECT_LT(scenario.keys[0].limits[0].second.rpm, scenario.keys[1].limits[0].second.rpm);
  EXPECT_LT(scenario.keys[1].limits[0].second.rpm, scenario.keys[2].limits[0].second.rpm);
}

}  // namespace
}  // namespace keypool::lab
