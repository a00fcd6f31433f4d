#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/store.h"
#include "tests/cli/keypool_program.h"

namespace keypool::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kStats = R"({
  "https://api.openai.com": [
    { "env_var": "OPENAI_API_KEY[0]", "total_requests": 12, "successes": 10, "failures": 1,
      "rate_limits": 1, "total_latency_ms": 5000, "total_input_tokens": 1000,
      "total_output_tokens": 500, "last_rate_limit_at": 1700000000, "last_success_at": 1700000100 }
  ]
})";

class Stats : public testing::Test {
 protected:
  Program stats(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "stats");
    arguments.insert(arguments.end(), {"--state", folder_.path() / "state"});
    return keypool_.start(std::move(arguments));
  }

  Keypool keypool_;
  TemporaryFolder folder_;
};

TEST_F(Stats, ComeOutAsTheyWentIn) {
  auto in = stats({"import", keypool_.file("car.json", kStats)});
  EXPECT_EQ(in.wait(), 0) << in.err();
  EXPECT_THAT(in.out(), HasSubstr("Took over the counts of 1 key"));
  auto out = stats({"export", "-"});
  EXPECT_EQ(out.wait(), 0) << out.err();
  EXPECT_EQ(json::parse(out.out()), json::parse(kStats));
}

TEST_F(Stats, AreWrittenToAFile) {
  ASSERT_EQ(stats({"import", keypool_.file("car.json", kStats)}).wait(), 0);
  const auto file = folder_.path() / "out.json";
  ASSERT_EQ(stats({"export", file}).wait(), 0);
  Program cat({"cat", file}, keypool_.environment());
  ASSERT_EQ(cat.wait(), 0);
  EXPECT_EQ(json::parse(cat.out()), json::parse(kStats));
}

TEST_F(Stats, ThatCannotBeReadChangeNothing) {
  auto broken = stats({"import", keypool_.file("car.json", "{ \"openai\": [ { } ")});
  EXPECT_EQ(broken.wait(), 1);
  EXPECT_THAT(broken.err(), HasSubstr("line 1"));
  auto absent = stats({"import", folder_.path() / "absent.json"});
  EXPECT_EQ(absent.wait(), 1);
  EXPECT_THAT(absent.err(), HasSubstr("there is no such file"));
}

TEST_F(Stats, AreNotImportedUnderARunningGateway) {
  state::Store gateway(
      {.folder = folder_.path() / "state", .use = state::StoreOptions::Use::gateway});
  ASSERT_TRUE(gateway.open());
  auto in = stats({"import", keypool_.file("car.json", kStats)});
  EXPECT_EQ(in.wait(), 1);
  EXPECT_THAT(in.err(), HasSubstr("is in use by process"));
  EXPECT_EQ(stats({"export", "-"}).wait(), 0);
}

}  // namespace
}  // namespace keypool::test
