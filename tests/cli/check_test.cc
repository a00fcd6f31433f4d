#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kTwoEndpoints = R"(
endpoints:
  - name: openai
    base_url: https://api.openai.com
    dialect: openai
    keys: [OPENAI_API_KEY, TEAM_B_KEY]
  - name: claude
    base_url: https://api.anthropic.com
    dialect: anthropic
    keys: [ANTHROPIC_API_KEY]
  - name: local
    base_url: http://127.0.0.1:11434
    dialect: openai
    keys: none
)";

class Check : public testing::Test {
 protected:
  Program check(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"check", "--config",
                                       keypool_.file("keypool.yaml", kTwoEndpoints)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return keypool_.start(arguments);
  }

  Keypool keypool_;
};

TEST_F(Check, IsGoodWhenEveryEndpointHasAKey) {
  keypool_.with("OPENAI_API_KEY", kMarker).with("ANTHROPIC_API_KEY", kMarker);
  auto run = check();
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("Every endpoint has a key."));
}

TEST_F(Check, FailsAndNamesTheEndpointWithout) {
  keypool_.with("OPENAI_API_KEY", kMarker);
  auto run = check();
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.out(), HasSubstr("One endpoint has no key: claude."));
}

TEST_F(Check, ListsEveryPlaceLookedAtForAMissingKey) {
  auto run = check();
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.out(), HasSubstr("TEAM_B_KEY_FILE"));
  EXPECT_THAT(run.out(), HasSubstr("CREDENTIALS_DIRECTORY"));
}

TEST_F(Check, CountsTheKeysOfAListAndSaysWhereItWasFound) {
  keypool_.with("OPENAI_API_KEY", std::string(kMarker) + "-a," + kMarker + "-b");
  keypool_.with("ANTHROPIC_API_KEY_FILE", keypool_.file("claude.key", std::string(kMarker) + "\n"));
  auto run = check({"--json"});
  EXPECT_EQ(run.wait(), 0);
  const auto endpoints = json::parse(run.out())["endpoints"];
  EXPECT_EQ(endpoints[0]["keys"][0]["keys"], 2);
  EXPECT_EQ(endpoints[0]["keys"][1]["found"], false);
  EXPECT_THAT(endpoints[1]["keys"][0]["origin"].get<std::string>(), HasSubstr("claude.key"));
  EXPECT_EQ(endpoints[2]["keyless"], true);
}

TEST_F(Check, FindsWhatTheCarFileHolds) {
  keypool_.file(".car/env",
                std::string("OPENAI_API_KEY=") + kMarker + "\nANTHROPIC_API_KEY=" + kMarker + "\n");
  EXPECT_EQ(check().wait(), 0);
}

TEST_F(Check, NeverShowsASecretOrPartOfOne) {
  keypool_.with("OPENAI_API_KEY", std::string(kMarker) + "," + kMarker)
      .with("ANTHROPIC_API_KEY", kMarker);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}}) {
    auto run = check(more);
    run.wait();
    EXPECT_THAT(run.out() + run.err(), Not(HasSubstr("marker")));
  }
}

TEST_F(Check, WithoutAFileFindsKnownProvidersByTheirVariables) {
  keypool_.with("GROQ_API_KEY", kMarker);
  auto run = keypool_.start({"check"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("groq"));
}

TEST_F(Check, TellsEveryMistakeOfTheFileAndEndsWithTwo) {
  auto run = keypool_.start({"check", "--config", keypool_.file("bad.yaml", R"(
endpoints:
  - name: openai
    base_url: ftp://api.openai.com
    dialect: opnai
    keys: [OPENAI_API_KEY]
)")});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr("bad.yaml:4:"));
  EXPECT_THAT(run.err(), HasSubstr("bad.yaml:5:"));
  EXPECT_THAT(run.err(), HasSubstr("2 mistakes"));
}

TEST_F(Check, TellsThatTheFileIsNotThere) {
  auto run = keypool_.start({"check", "--config", "/nowhere/keypool.yaml"});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_THAT(run.err(), HasSubstr("/nowhere/keypool.yaml"));
}

}  // namespace
}  // namespace keypool::test
