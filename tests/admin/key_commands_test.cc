#include "admin/key_commands.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class KeyCommands : public testing::Test {
 protected:
  KeyCommands() { watched_.add_crowd("crowd", 3); }

  http::Answer tell(const std::string& command, const std::string& body) {
    return watched_.ask("POST", "/api/v1/keys/" + command, body);
  }

  WatchedPool watched_;
};

TEST_F(KeyCommands, ForASelectionTellWhatChangedAndWhatItWas) {
  watched_.pool.disable_key("crowd", "K1");
  const auto answer = tell("disable", R"({"keys": [{"endpoint": "crowd", "name": "K0"},
                                                   {"endpoint": "crowd", "name": "K1"}]})");
  EXPECT_EQ(answer.status, 200);
  const auto told = json::parse(answer.body);
  EXPECT_EQ(told["told"], 2);
  EXPECT_EQ(
      told["changed"],
      json::array(
          {{{"endpoint", "crowd"}, {"name", "K0"}, {"was", "ready"}, {"state", "disabled"}}}));
}

TEST_F(KeyCommands, ForAllKeysOfAnEndpoint) {
  EXPECT_EQ(json::parse(tell("disable", R"({"endpoint": "crowd"})").body)["told"], 3);
  EXPECT_EQ(watched_.pool.available_keys("crowd"), 0);
  EXPECT_EQ(watched_.pool.available_keys("openai"), 2);
  EXPECT_EQ(json::parse(tell("enable", R"({"endpoint": "crowd"})").body)["changed"].size(), 3);
  EXPECT_EQ(watched_.pool.available_keys("crowd"), 3);
}

TEST_F(KeyCommands, ChangeNothingWhenOneKeyIsUnknown) {
  const auto answer = tell("disable", R"({"keys": [{"endpoint": "crowd", "name": "K0"},
                                                   {"endpoint": "crowd", "name": "K9"}]})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("K9"));
  EXPECT_EQ(watched_.pool.available_keys("crowd"), 3);
  EXPECT_THAT(watched_.audited, IsEmpty());
}

TEST_F(KeyCommands, SayWhichBodyTheyExpect) {
  for (const char* body :
       {"", "{", "[]", "{}", R"({"endpoint": 7})", R"({"keys": "all"})", R"({"keys": [7]})",
        R"({"keys": [{"endpoint": "crowd"}]})", R"({"endpoint": "crowd", "keys": []})",
        R"({"keys": [{"endpoint": "crowd", "name": "K0", "also": 1}]})"}) {
    const auto answer = tell("disable", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("bad_request"));
  }
  EXPECT_EQ(tell("explode", R"({"endpoint": "crowd"})").status, 404);
  EXPECT_EQ(tell("disable", R"({"endpoint": "nowhere"})").status, 404);
  EXPECT_EQ(watched_.pool.available_keys("crowd"), 3);
}

TEST_F(KeyCommands, LeaveOneLineEachInTheAudit) {
  watched_.ask("POST", "/api/v1/keys/openai/OPENAI_API_KEY[0]/disable");
  watched_.ask("POST", "/api/v1/keys/openai/OPENAI_API_KEY[0]/disable");
  watched_.ask("POST", "/api/v1/keys/openai/NOBODY/disable");
  tell("reset", R"({"endpoint": "crowd"})");
  EXPECT_THAT(watched_.audited,
              ElementsAre("disable of [\"OPENAI_API_KEY[0]\"] of \"openai\": 1 of 1 changed",
                          "disable of [\"OPENAI_API_KEY[0]\"] of \"openai\": 0 of 1 changed",
                          "reset of every key of \"crowd\": 0 of 3 changed"));
}

TEST_F(KeyCommands, CannotBreakTheLineOfTheAudit) {
  watched_.pool.add_key("crowd", {.name = "evil\nadmin: all is well", .secret = Secret(kMarker)});
  watched_.ask("POST", "/api/v1/keys/crowd/evil%0Aadmin:%20all%20is%20well/disable");
  ASSERT_EQ(watched_.audited.size(), 1);
  EXPECT_THAT(watched_.audited[0], Not(HasSubstr("\n")));
}

TEST_F(KeyCommands, DrainsAKeyUntilItIsEnabled) {
  const auto answer = watched_.ask("POST", "/api/v1/keys/crowd/K0/drain");
  EXPECT_EQ(json::parse(answer.body)["key"]["state"], "draining");
  EXPECT_EQ(watched_.pool.available_keys("crowd"), 2u);
  EXPECT_EQ(json::parse(watched_.ask("POST", "/api/v1/keys/crowd/K0/enable").body)["key"]["state"],
            "ready");
}

TEST_F(KeyCommands, ProbesAKeyThatRests) {
  watched_.pool.report_rate_limit("crowd", "K0", std::chrono::milliseconds(60'000));
  const auto answer = watched_.ask("POST", "/api/v1/keys/crowd/K0/probe");
  EXPECT_EQ(answer.status, 200) << answer.body;
  const auto lease = watched_.pool.lease("crowd");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->key_name(), "K0") << "the next call is its";
}

}  // namespace
}  // namespace keypool::admin
