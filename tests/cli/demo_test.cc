#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using testing::HasSubstr;

TEST(Demo, EndsWithASummaryForAProgram) {
  Keypool keypool;
  auto run = keypool.start({"demo", "--seconds", "2", "--json"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  const auto result = nlohmann::json::parse(run.out());
  EXPECT_GT(result["calls"], 0);
  EXPECT_EQ(result["answered"].get<int>() + result["failed"].get<int>(), result["calls"]);
  EXPECT_EQ(result["failed"], 0);
  EXPECT_EQ(result["keys"].size(), 3);
  EXPECT_LE(result["one_key_alone"]["answered"], result["calls"]);
}

TEST(Demo, IsQuietAndPlainInAPipe) {
  Keypool keypool;
  keypool.with("TERM", "xterm-256color");
  auto run = keypool.start({"demo", "--seconds", "1"});
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("Alone, the largest key"));
  EXPECT_THAT(run.out(), Not(HasSubstr("\x1b")));
}

TEST(Demo, EndsEarlyWithItsSummaryWhenInterrupted) {
  Keypool keypool;
  auto run = keypool.start({"demo", "--seconds", "3600"});
  run.wait_for("calls a second");
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("Alone, the largest key"));
}

}  // namespace
}  // namespace keypool::test
