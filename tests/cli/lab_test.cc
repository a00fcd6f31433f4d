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

}  // namespace
}  // namespace keypool::test
