#include "admin/admin.h"

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

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
  Admin admin_{watched_.subject()};
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

/// Listens to the events until `enough` says so of all that has come.
std::string listen(std::uint16_t port, std::function<bool(const std::string& heard)> enough) {
  std::string heard;
  const auto answer = http::fetch(
      {.port = port, .target = "/api/v1/events", .on_body = [&](std::string_view piece) {
         heard += piece;
         return !enough(heard);
       }});
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer ? answer->header("content-type") : std::nullopt, "text/event-stream");
  return heard;
}

TEST_F(AdminListener, TellsAnOverviewAtOnce) {
  const auto heard = listen(admin_.port(), [](const std::string& so_far) {
    return so_far.find("event: keys") != std::string::npos;
  });
  EXPECT_THAT(heard, HasSubstr("id: 1\nevent: overview\ndata: {"));
}

TEST_F(AdminListener, TellsOfAKeyThatChanged) {
  bool disabled = false;
  const auto heard = listen(admin_.port(), [&](const std::string& so_far) {
    if (!disabled && so_far.find("id: 1") != std::string::npos) {
      watched_.pool.disable_key("openai", "OPENAI_API_KEY[1]");
      disabled = true;
    }
    return so_far.find("\"state\":\"disabled\"") != std::string::npos;
  });
  EXPECT_THAT(heard, HasSubstr("\"name\":\"OPENAI_API_KEY[1]\""));
}

TEST(AdminStop, EndsItsStreams) {
  WatchedPool watched;
  std::optional<Admin> admin(std::in_place, watched.subject());
  ASSERT_TRUE(admin->start());
  std::promise<void> began;
  std::thread reader([port = admin->port(), &began] {
    bool told = false;
    static_cast<void>(http::fetch({.port = port,
                                   .target = "/api/v1/events",
                                   .deadline = std::chrono::milliseconds(0),
                                   .on_body = [&](std::string_view) {
                                     if (!std::exchange(told, true)) began.set_value();
                                     return true;
                                   }}));
  });
  began.get_future().wait();
  admin.reset();
  reader.join();
}

TEST_F(AdminListener, TellsThatTheGatewayStops) {
  EXPECT_EQ(call("GET", "/readyz").status, 200);
  admin_.announce_stop();
  EXPECT_EQ(call("GET", "/readyz").status, 503);
}

TEST_F(AdminListener, SaysWhichAddressItCouldNotHave) {
  WatchedPool same;
  same.config.admin.port = admin_.port();
  Admin second(same.subject());
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr(std::to_string(admin_.port())));
}

}  // namespace
}  // namespace keypool::admin
