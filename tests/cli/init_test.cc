#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/init_text.h"
#include "config/load.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What `text` is as a configuration; fails the test where it is none.
config::Config parsed(const std::string& text) {
  const auto config = config::parse(text, "keypool.yaml");
  if (config) return *config;
  for (const auto& problem : config.error()) ADD_FAILURE() << problem.message() << "\n" << text;
  return {};
}

TEST(StartingConfiguration, IsAConfigurationWhateverWasFound) {
  EXPECT_EQ(parsed(cli::starting_configuration({}, {})).endpoints.size(), 1u);
  const auto some = parsed(
      "endpoints:\n"
      "  - { name: a, base_url: \"https://api.openai.com\", dialect: openai, keys: [A_KEY, B_KEY] "
      "}\n"
      "  - { name: b, base_url: \"http://127.0.0.1:11434\", dialect: openai, keys: none }\n");
  const auto again = parsed(cli::starting_configuration(some, {"OTHER_KEY"}));
  ASSERT_EQ(again.endpoints.size(), 2u);
  EXPECT_EQ(again.endpoints[0].name, "a");
  EXPECT_EQ(again.endpoints[0].keys[1].name, "B_KEY");
  EXPECT_TRUE(again.endpoints[1].keyless);
}

TEST(StartingConfiguration, TellsWhatElseTheKeychainHolds) {
  EXPECT_THAT(cli::starting_configuration({}, {"A_KEY", "B_KEY"}),
              HasSubstr("# The keychain also holds: A_KEY, B_KEY\n"));
}

TEST(Init, WritesWhatItFoundAndNeverASecret) {
  Keypool keypool;
  keypool.with("OPENAI_API_KEY", kMarker).with("GROQ_API_KEY", kMarker);
  auto run = keypool.start({"init"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr(".config/keypool/keypool.yaml with 2 endpoints"));
  auto check = keypool.start({"check"});
  EXPECT_EQ(check.wait(), 0) << check.err();
  EXPECT_THAT(check.out(), AllOf(HasSubstr("openai"), HasSubstr("groq")));
  Program grep({"grep", "-rqF", kMarker, keypool.environment().at("HOME")}, keypool.environment());
  EXPECT_EQ(grep.wait(), 1);
}

TEST(Init, LeavesAFileThatIsThere) {
  Keypool keypool;
  const auto file = keypool.file("mine.yaml", "# mine\n");
  auto run = keypool.start({"init", "--config", file});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("is there already"));
  auto forced = keypool.start({"init", "--config", file, "--force"});
  EXPECT_EQ(forced.wait(), 0) << forced.err();
}

TEST(Init, OnlyPrintsWhenAsked) {
  Keypool keypool;
  auto run = keypool.start({"init", "--print"});
  EXPECT_EQ(run.wait(), 0);
  EXPECT_THAT(run.out(), HasSubstr("endpoints:\n"));
  EXPECT_FALSE(std::filesystem::exists(keypool.environment().at("HOME") + "/.config"));
}

}  // namespace
}  // namespace keypool::test
