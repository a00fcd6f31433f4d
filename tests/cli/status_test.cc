#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class Status : public testing::Test {
 protected:
  Status() : served_(keypool_.serve()) {
    admin_ = served_.wait_for("admin  (http://127\\.0\\.0\\.1:\\d+)");
    call_ = served_.wait_for("Try it:\n  (curl .*)\n");
  }

  Program status(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"status", "--admin", admin_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return keypool_.start(arguments);
  }

  Keypool keypool_;
  Program served_;
  std::string admin_;
  std::string call_;
};

TEST_F(Status, ShowsEveryKeyOfARunningGateway) {
  auto run = status();
  EXPECT_EQ(run.wait(), 0) << run.err();
  EXPECT_THAT(run.out(), testing::ContainsRegex("ENDPOINT +KEY +STATE"));
  EXPECT_THAT(run.out(), testing::ContainsRegex("demo .* ready"));
  EXPECT_THAT(run.out(), HasSubstr("3 of 3 keys ready."));
}

TEST_F(Status, CountsWhatWasServed) {
  Program call({"sh", "-c", call_}, keypool_.environment());
  ASSERT_EQ(call.wait(), 0) << call.err();

  auto run = status({"--json"});

  EXPECT_EQ(run.wait(), 0);
  const auto answer = json::parse(run.out());
  std::uint64_t successes = 0;
  for (const json& key : answer["keys"]) successes += key["successes"].get<std::uint64_t>();
  EXPECT_EQ(successes, 1);
}

TEST_F(Status, TakesAnAddressWithoutScheme) {
  auto run = keypool_.start({"status", "--admin", admin_.substr(std::string("http://").size())});
  EXPECT_EQ(run.wait(), 0) << run.err();
}

TEST(StatusWithoutAGateway, SaysSoAndWhatToDo) {
  Keypool keypool;
  auto run = keypool.start({"status", "--admin", "http://127.0.0.1:1"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.out(), IsEmpty());
  EXPECT_THAT(run.err(), HasSubstr("no gateway answers at http://127.0.0.1:1"));
  EXPECT_THAT(run.err(), HasSubstr("keypool serve"));
}

TEST(StatusWithoutAGateway, LooksWhereTheConfigurationSays) {
  Keypool keypool;
  keypool.with("KEYPOOL_CONFIG", keypool.file("keypool.yaml", R"(
admin: { listen: "127.0.0.1:2" }
endpoints:
  - { name: local, base_url: "http://127.0.0.1:1", dialect: openai, keys: none }
)"));
  auto run = keypool.start({"status"});
  EXPECT_EQ(run.wait(), 1);
  EXPECT_THAT(run.err(), HasSubstr("http://127.0.0.1:2"));
}

}  // namespace
}  // namespace keypool::test
