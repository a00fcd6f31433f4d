#include "admin/admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/client.h"
#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class AdminListener : public testing::Test {
 protected:
  AdminListener() { EXPECT_TRUE(admin_.start()); }

  http::Answer call(std::string method, std::string target, http::Fields headers = {}) {
    auto answer = http::fetch({.port = admin_.port(),
                               .method = std::move(method),
                               .target = std::move(target),
                               .headers = std::move(headers)});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : http::Answer{};
  }

  WatchedPool watched_;
  Admin admin_{watched_.config, watched_.pool};
};

TEST_F(AdminListener, AnswersOnThePortItGot) {
  EXPECT_NE(admin_.port(), 0);
  EXPECT_EQ(call("GET", "/healthz").status, 200);
}

TEST_F(AdminListener, ChangesAKeyOfTheRunningPool) {
  const auto answer = call("POST", "/api/v1/keys/openai/OPENAI_API_KEY%5B0%5D/disable");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["key"]["state"], "disabled");
  EXPECT_EQ(watched_.pool.available_keys("openai"), 1);
}

TEST_F(AdminListener, RefusesAPageOfAnotherOrigin) {
  const auto answer = call("POST", "/api/v1/keys/openai/OPENAI_API_KEY%5B0%5D/disable",
                           {{"origin", "https://evil.example"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(watched_.pool.available_keys("openai"), 2);
}

TEST_F(AdminListener, TellsThatTheGatewayStops) {
  EXPECT_EQ(call("GET", "/readyz").status, 200);
  admin_.announce_stop();
  EXPECT_EQ(call("GET", "/readyz").status, 503);
}

TEST_F(AdminListener, SaysWhichAddressItCouldNotHave) {
  config::Config same = watched_.config;
  same.admin.port = admin_.port();
  Admin second(same, watched_.pool);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr(std::to_string(admin_.port())));
}

}  // namespace
}  // namespace keypool::admin
