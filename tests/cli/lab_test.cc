#include <fstream>
#include <iterator>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kScenario = R"(
answers: { tokens: 5 }
keys:
  - name: team-a
    secret: sk-lab-marker-a
    limits: { "*": { rpm: 60 } }
)";

TEST(LabProvider, TellsItsAddressAndAnExampleThatWorks) {
  Keypool keypool;
  auto run = keypool.start({"lab", "provider"});
  const std::string line = run.wait_for("Try it:\n  (curl .*)\n");

  Program pasted({"sh", "-c", line}, keypool.environment());

  EXPECT_EQ(pasted.wait(), 0) << pasted.err();
  EXPECT_TRUE(nlohmann::json::parse(pasted.out()).contains("choices")) << pasted.out();
  run.signal(SIGTERM);
  EXPECT_EQ(run.wait(), 0);
}

TEST(LabProvider, RunsAScenarioWithoutShowingItsSecrets) {
  Keypool keypool;
  auto run = keypool.start({"lab", "provider", "--scenario", keypool.file("lab.yaml", kScenario)});
  run.wait_for("Try it:\n  curl .*\n");
  EXPECT_THAT(run.out(), HasSubstr("team-a"));
  EXPECT_THAT(run.out(), HasSubstr("60 requests/min"));
  EXPECT_THAT(run.out(), Not(HasSubstr("marker")));
}

TEST(LabProvider, TellsTheMistakesOfAScenario) {
  Keypool keypool;
  auto run =
      keypool.start({"lab", "provider", "--scenario", keypool.file("lab.yaml", "kyes: []\n")});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr("lab.yaml:1:1"));
}

TEST(LabProvider, SaysHowToMoveFromAPortThatIsTaken) {
  Keypool keypool;
  auto first = keypool.start({"lab", "provider"});
  const std::string taken = first.wait_for("http://(127\\.0\\.0\\.1:\\d+)");
  auto second = keypool.start({"lab", "provider", "--listen", taken});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.err(), HasSubstr("--listen"));
}

constexpr const char* kKeys = R"(
keys:
  - { name: small, secret: sk-lab-a, limits: { "m-*": { rpm: 60, tpm: 60000 } } }
  - { name: large, secret: sk-lab-b, limits: { "m-*": { rpm: 600, tpm: 600000 } } }
)";

TEST(LabSimulate, TellsWhatIsServedWithoutAnyFileAndIsQuietInAPipe) {
  Keypool keypool;
  auto run = keypool.start({"lab", "simulate", "--calls", "500"});

  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("keypool, headroom"));
  EXPECT_THAT(run.out(), HasSubstr("one bucket"));
  EXPECT_THAT(run.out(), HasSubstr("no queue"));
  EXPECT_THAT(run.err(), IsEmpty());
}

TEST(LabSimulate, PrintsJsonForAPolicyOfOnesOwn) {
  Keypool keypool;
  auto run = keypool.start({"lab", "simulate", "--calls", "500", "--policy", "round_robin",
                            "--policy", "lifetime", "--json"});

  EXPECT_EQ(run.wait(), 0) << run.err();
  const auto outcomes = nlohmann::json::parse(run.out())["outcomes"];
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0]["name"], "keypool, round_robin");
  EXPECT_EQ(outcomes[1]["offered"], 500);
}

TEST(LabSimulate, RunsATraceOverTheKeysOfAFileAndDrawsIt) {
  Keypool keypool;
  const std::string svg = keypool.file("plot.svg", "");
  auto run = keypool.start(
      {"lab", "simulate", keypool.file("keys.yaml", kKeys), "--model", "m-1", "--trace",
       keypool.file("calls.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n0,10,5\n2.5,20,5\n"),
       "--svg", svg});

  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("2 calls in 2s"));
  std::ifstream drawn(svg);
  EXPECT_THAT(std::string(std::istreambuf_iterator(drawn), {}), testing::StartsWith("<svg "));
}

TEST(LabSimulate, PlansHowManyKeysOfAKindTheTrafficNeeds) {
  Keypool keypool;
  auto run = keypool.start({"lab", "simulate", keypool.file("keys.yaml", kKeys), "--model", "m-1",
                            "--plan", "--kind", "large", "--rate", "30", "--calls", "2000"});

  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), testing::ContainsRegex("[0-9]+ keys like large .600 requests/min"));
}

struct Misuse {
  const char* name;
  std::vector<std::string> arguments;
  const char* complaint;
};

void PrintTo(const Misuse& row, std::ostream* out) { *out << row.name; }

class LabSimulateMisuse : public testing::TestWithParam<Misuse> {};

TEST_P(LabSimulateMisuse, IsNamedWithItsPlace) {
  Keypool keypool;
  const std::map<std::string, std::string> files{
      {"KEYS", keypool.file("keys.yaml", kKeys)},
      {"MISTAKE", keypool.file("mistake.yaml", "keys: []\nkyes: 1\n")},
      {"TRACE",
       keypool.file("calls.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n0,10,5\n1,x,5\n")}};
  std::vector<std::string> arguments{"lab", "simulate"};
  for (const std::string& argument : GetParam().arguments) {
    arguments.push_back(files.contains(argument) ? files.at(argument) : argument);
  }
  auto run = keypool.start(arguments);

  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LabSimulateMisuse,
    testing::Values(Misuse{"Trace", {"--trace", "TRACE"}, "calls.csv:3:3: ContextTokens: expected"},
                    Misuse{"Scenario", {"MISTAKE"}, "mistake.yaml:2:1"},
                    Misuse{"Model", {"KEYS"}, "no key has a limit for any model, but for m-*"},
                    Misuse{"Policy", {"--policy", "hedroom"}, "did you mean `headroom`"},
                    Misuse{"Time", {"--max-wait", "soon"}, "expected a time such as 500ms"},
                    Misuse{"Kind",
                           {"KEYS", "--model", "m-1", "--plan", "--kind", "medium"},
                           "there is no key medium; there are small, large"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace keypool::test
