#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class Exec : public testing::Test {
 protected:
  Exec() { keypool_.with("OPENAI_API_KEY", "sk-first,sk-second"); }

  Program exec(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "exec");
    return keypool_.start(std::move(arguments));
  }

  json usage_by_key() {
    auto run = keypool_.start({"usage", "--by", "key,model,client", "--json"});
    EXPECT_EQ(run.wait(), 0) << run.err();
    return json::parse(run.out())["usage"];
  }

  Keypool keypool_;
};

TEST_F(Exec, GivesTheCommandOneKey) {
  auto run = exec({"openai", "--", "sh", "-c", "echo $OPENAI_API_KEY"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), testing::AnyOf("sk-first\n", "sk-second\n"));
}

TEST_F(Exec, TakesTurns) {
  auto first = exec({"openai", "--", "sh", "-c", "echo $OPENAI_API_KEY"});
  ASSERT_EQ(first.wait(), 0) << first.err();
  auto second = exec({"openai", "--", "sh", "-c", "echo $OPENAI_API_KEY"});
  ASSERT_EQ(second.wait(), 0) << second.err();
  EXPECT_NE(first.out(), second.out());
}

TEST_F(Exec, EndsAsTheCommandDoes) {
  EXPECT_EQ(exec({"openai", "--", "sh", "-c", "exit 7"}).wait(), 7);
  EXPECT_EQ(exec({"openai", "--", "sh", "-c", "kill -15 $$"}).wait(), 128 + 15);
  const auto rows = usage_by_key();
  std::uint64_t failures = 0;
  for (const auto& row : rows) failures += row["outcomes"]["failed"].get<std::uint64_t>();
  EXPECT_EQ(failures, 2u);
}

TEST_F(Exec, CountsWhatTheAnswerTells) {
  const auto answer = keypool_.file(
      "answer.json",
      R"({"model":"gpt-4.1","usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}})");
  auto run = exec({"openai", "--model", "gpt-4.1", "--usage-from", answer, "--", "true"});
  ASSERT_EQ(run.wait(), 0) << run.err();
  const auto row = usage_by_key().at(0);
  EXPECT_EQ(row["model"], "gpt-4.1");
  EXPECT_EQ(row["client"], "exec");
  EXPECT_EQ(row["tokens"]["input"], 100);
  EXPECT_EQ(row["tokens"]["output"], 20);
  EXPECT_EQ(row["estimated"], 0);
  EXPECT_GT(row["cost_usd"], 0);
}

TEST_F(Exec, SaysWhatIsWrong) {
  auto unknown = exec({"nowhere", "--", "true"});
  EXPECT_EQ(unknown.wait(), 1);
  EXPECT_THAT(unknown.err(), HasSubstr("there is no endpoint nowhere"));
  auto no_program = exec({"openai", "--", "/no/such/program"});
  EXPECT_EQ(no_program.wait(), 1);
  EXPECT_THAT(no_program.err(), HasSubstr("cannot be run: No such file or directory"));
  EXPECT_THAT(usage_by_key(), IsEmpty());
}

}  // namespace
}  // namespace keypool::test
