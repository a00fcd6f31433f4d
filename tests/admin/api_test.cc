#include "admin/api.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Api : public testing::Test {
 protected:
  http::Answer ask(std::string_view method, std::string_view target) {
    return watched_.ask(method, target);
  }

  json get(std::string_view target) { return json::parse(ask("GET", target).body); }

  WatchedPool watched_;
};

TEST_F(Api, FrontPageNamesWhatThereIs) {
  const auto page = ask("GET", "/");
  EXPECT_EQ(page.status, 200);
  for (const Endpoint& endpoint : api()) EXPECT_THAT(page.body, HasSubstr(endpoint.path));
}

TEST_F(Api, FrontPageIsTheDashboardForABrowser) {
  const std::vector<http::Header> headers{{"host", "localhost"}, {"accept", "text/html,*/*"}};
  const auto page =
      answer({.method = "GET", .target = "/", .headers = headers, .body = {}}, watched_.subject());
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("/assets/app.js"));
}

TEST_F(Api, AssetsAreServedByTheirTypeAndNothingBesideThem) {
  EXPECT_EQ(ask("GET", "/assets/app.js").header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(ask("GET", "/assets/app.css").header("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(ask("GET", "/assets/icon.svg").header("content-type"), "image/svg+xml");
  for (const char* other :
       {"/assets/", "/assets/..", "/assets/../app.js", "/assets/..%2F..%2Fetc%2Fpasswd",
        "/assets/%2e%2e%2fapp.js", "/assets/app.js%00.css", "/assets//etc/passwd", "/assets/APP.JS",
        "/../../etc/passwd"}) {
    EXPECT_GE(ask("GET", other).status, 400) << other;
  }
}

TEST_F(Api, EndpointsShowWhereCallsGoAndHowManyKeysMayBeUsed) {
  watched_.pool.disable_key("openai", "OPENAI_API_KEY[1]");
  const auto endpoints = get("/api/v1/endpoints")["endpoints"];
  ASSERT_EQ(endpoints.size(), 3);
  EXPECT_EQ(endpoints[0]["name"], "openai");
  EXPECT_EQ(endpoints[0]["base_url"], "https://api.openai.com");
  EXPECT_EQ(endpoints[0]["dialect"], "openai");
  EXPECT_EQ(endpoints[0]["keys"], 2);
  EXPECT_EQ(endpoints[0]["available_keys"], 1);
  EXPECT_EQ(endpoints[2]["keyless"], true);
}

TEST_F(Api, KeysShowWhatThePoolCounted) {
  auto lease = watched_.pool.lease("openai");
  ASSERT_TRUE(lease);
  lease->succeed({.latency = milliseconds(250), .input_tokens = 100, .output_tokens = 50});

  const auto key = get("/api/v1/keys")["keys"][0];

  EXPECT_EQ(key["name"], "OPENAI_API_KEY[0]");
  EXPECT_EQ(key["total_requests"], 1);
  EXPECT_EQ(key["successes"], 1);
  EXPECT_EQ(key["average_latency_ms"], 250);
  EXPECT_EQ(key["total_input_tokens"], 100);
  EXPECT_EQ(key["total_output_tokens"], 50);
}

TEST_F(Api, KeysOfOneEndpoint) {
  EXPECT_EQ(get("/api/v1/keys?endpoint=openai")["keys"].size(), 2);
  EXPECT_EQ(get("/api/v1/keys?endpoint=empty")["keys"].size(), 0);
}

TEST_F(Api, OneKeyComesWithItsLanes) {
  auto lease = watched_.pool.lease("openai", {.model = "gpt-4.1"});
  ASSERT_TRUE(lease);
  lease->succeed({.latency = milliseconds(250), .input_tokens = 100, .output_tokens = 50});

  const auto answer = get("/api/v1/keys/openai/OPENAI_API_KEY[0]");

  EXPECT_EQ(answer["key"]["name"], "OPENAI_API_KEY[0]");
  ASSERT_EQ(answer["lanes"].size(), 1);
  EXPECT_EQ(answer["lanes"][0]["model"], "gpt-4.1");
  EXPECT_EQ(answer["lanes"][0]["keys"], json::array({"OPENAI_API_KEY[0]"}));
  EXPECT_EQ(ask("GET", "/api/v1/keys/openai/NOBODY").status, 404);
}

TEST_F(Api, LanesShowLimitsWithTheirSource) {
  watched_.pool.configure_key(
      "openai", "OPENAI_API_KEY[1]",
      {.limits = {{.model = "*", .limits = {.most = {{60, 0, 0, 0, 0, 0}}}}}});
  auto lease = watched_.pool.lease("openai", {.model = "gpt-4.1"});
  ASSERT_TRUE(lease);

  const auto lanes = get("/api/v1/lanes?endpoint=openai")["lanes"];

  const auto limited =
      std::ranges::find_if(lanes, [](const json& lane) { return !lane["limits"].empty(); });
  ASSERT_NE(limited, lanes.end());
  EXPECT_EQ((*limited)["keys"], json::array({"OPENAI_API_KEY[1]"}));
  EXPECT_EQ((*limited)["limits"][0]["dimension"], "requests_per_minute");
  EXPECT_EQ((*limited)["limits"][0]["source"], "configured");
  EXPECT_EQ((*limited)["limits"][0]["limit"], 60);
}

TEST_F(Api, LanesAreAskedForByEndpoint) {
  EXPECT_EQ(ask("GET", "/api/v1/lanes").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/lanes?endpoint=nowhere").status, 404);
}

TEST_F(Api, UnknownEndpointIsToldWithTheKnownOnes) {
  const auto answer = ask("GET", "/api/v1/keys?endpoint=opnai");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("openai, empty, local"));
}

TEST_F(Api, DisabledKeyIsPassedOverUntilItIsEnabled) {
  const std::string key = "/api/v1/keys/openai/OPENAI_API_KEY%5B0%5D";

  EXPECT_EQ(json::parse(ask("POST", key + "/disable").body)["key"]["state"], "disabled");
  EXPECT_EQ(watched_.pool.available_keys("openai"), 1);

  EXPECT_EQ(json::parse(ask("POST", key + "/enable").body)["key"]["state"], "ready");
  EXPECT_EQ(watched_.pool.available_keys("openai"), 2);
}

TEST_F(Api, ResetEndsACooldown) {
  watched_.pool.report_rate_limit("openai", "OPENAI_API_KEY[0]", milliseconds(60'000));
  ASSERT_EQ(get("/api/v1/keys")["keys"][0]["state"], "cooling");
  EXPECT_EQ(
      json::parse(ask("POST", "/api/v1/keys/openai/OPENAI_API_KEY[0]/reset").body)["key"]["state"],
      "ready");
}

TEST_F(Api, UnknownKeyAndVerbAreNotFound) {
  EXPECT_EQ(ask("POST", "/api/v1/keys/openai/NOBODY/disable").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/keys/nowhere/OPENAI_API_KEY[0]/disable").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/keys/openai/OPENAI_API_KEY[0]/explode").status, 404);
  EXPECT_EQ(ask("GET", "/api/v2/keys").status, 404);
}

TEST_F(Api, WrongMethodSaysTheRightOne) {
  const auto look = ask("POST", "/api/v1/lanes");
  EXPECT_EQ(look.status, 405);
  EXPECT_EQ(look.header("allow"), "GET");
  EXPECT_EQ(ask("DELETE", "/api/v1/keys").header("allow"), "GET, POST");
  const auto change = ask("GET", "/api/v1/keys/openai/OPENAI_API_KEY[0]/disable");
  EXPECT_EQ(change.status, 405);
  EXPECT_EQ(change.header("allow"), "POST");
}

TEST_F(Api, BrokenEscapeIsABadRequest) { EXPECT_EQ(ask("GET", "/api/%zz").status, 400); }

TEST_F(Api, IsReadyWhileAnyEndpointCanServe) {
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  watched_.config.endpoints.pop_back();  // the keyless one
  watched_.pool.disable_key("openai", "OPENAI_API_KEY[0]");
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  watched_.pool.disable_key("openai", "OPENAI_API_KEY[1]");
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
}

TEST_F(Api, IsAliveButNotReadyWhileItStops) {
  watched_.stopping = true;
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
  EXPECT_EQ(get("/readyz")["reason"], "the gateway is stopping");
}

TEST_F(Api, NoAnswerHoldsASecret) {
  for (const char* target :
       {"/", "/healthz", "/readyz", "/metrics", "/api/v1/endpoints", "/api/v1/keys",
        "/api/v1/overview", "/api/v1/config", "/api/v1/lanes?endpoint=openai",
        "/api/v1/keys/openai/OPENAI_API_KEY[0]"}) {
    EXPECT_THAT(ask("GET", target).body, Not(HasSubstr(kMarker))) << target;
  }
}

TEST_F(Api, NoAnswerMayBeStoredOrFramed) {
  const auto answer = ask("GET", "/api/v1/keys");
  EXPECT_EQ(answer.header("cache-control"), "no-store");
  EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.header("cross-origin-resource-policy"), "same-origin");
  EXPECT_THAT(*answer.header("content-security-policy"),
              AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'self'"),
                    HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
}

}  // namespace
}  // namespace keypool::admin
