// What the admin API does to those who have no token, or try somebody else's browser.
#include "admin/token.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "state/client.h"
#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "kp_the-operators-own";
const std::string kDisable = "/api/v1/keys/openai/OPENAI_API_KEY%5B0%5D/disable";

class AdminWithToken : public testing::Test {
 protected:
  AdminWithToken() { watched_.config.admin_token_hash = state::hash_of_token(kToken); }

  http::Answer ask(std::string_view method, std::string_view target,
                   std::vector<http::Header> headers = {}, std::string_view body = {}) {
    headers.insert(headers.begin(), {"host", "localhost:8081"});
    return answer({.method = method, .target = target, .headers = headers, .body = body},
                  watched_.subject());
  }

  [[nodiscard]] bool unchanged() const {
    return watched_.pool.available_keys("openai") == 2 && watched_.audited.empty();
  }

  WatchedPool watched_;
};

TEST_F(AdminWithToken, ServesWhoHasIt) {
  const std::vector<http::Header> token{
      {"authorization", std::string_view("Bearer kp_the-operators-own")}};
  EXPECT_EQ(ask("GET", "/api/v1/keys", token).status, 200);
  EXPECT_EQ(ask("GET", "/metrics", token).status, 200);
  EXPECT_EQ(ask("GET", "/api/v1/events", token).status, 200);
  EXPECT_EQ(ask("POST", kDisable, token).status, 200);
}

TEST_F(AdminWithToken, AttackWithoutTokenGetsNothing) {
  for (const Endpoint& endpoint : api()) {
    const bool open = endpoint.path == "/" || endpoint.path == "/assets/{file}" ||
                      endpoint.path == "/healthz" || endpoint.path == "/readyz";
    if (open) continue;
    const auto refused = ask(endpoint.method, endpoint.path);
    EXPECT_EQ(refused.status, 401) << endpoint.path;
    EXPECT_EQ(json::parse(refused.body)["error"]["code"], "unauthorized") << endpoint.path;
    EXPECT_EQ(refused.header("www-authenticate"), "Bearer realm=\"keypool\"") << endpoint.path;
  }
  EXPECT_TRUE(unchanged());
}

TEST_F(AdminWithToken, AttackWithAnotherTokenGetsNothing) {
  const std::string hash = "Bearer " + watched_.config.admin_token_hash;
  const std::vector<std::vector<http::Header>> guesses{
      {{"authorization", "Bearer kp_the-operators-owN"}},
      {{"authorization", "Bearer kp_the-operators-own "}},
      {{"authorization", "Bearer "}},
      {{"authorization", "kp_the-operators-own"}},
      {{"authorization", "Basic kp_the-operators-own"}},
      {{"authorization", hash}},
      {{"x-api-key", kToken}},
      {{"cookie", "token=kp_the-operators-own"}},
  };
  for (const auto& guess : guesses) {
    EXPECT_EQ(ask("POST", kDisable, guess).status, 401) << guess[0].value;
  }
  EXPECT_EQ(ask("GET", "/api/v1/keys?token=kp_the-operators-own").status, 401);
  EXPECT_TRUE(unchanged());
}

TEST_F(AdminWithToken, AttackByAnotherSpellingOfThePathGetsNothing) {
  for (const char* path : {"/assets/../api/v1/keys", "/assets/..%2Fapi%2Fv1%2Fkeys", "/%2e/metrics",
                           "//api/v1/keys", "/./api/v1/keys", "/healthz/../api/v1/keys"}) {
    const auto answered = ask("GET", path);
    EXPECT_GE(answered.status, 400) << path;
    EXPECT_THAT(answered.body, Not(HasSubstr("OPENAI_API_KEY"))) << path;
  }
}

TEST_F(AdminWithToken, AttackFromAReboundNameGetsNothing) {
  const std::vector<http::Header> headers{{"host", "evil.example:8081"}};
  const auto refused =
      answer({.method = "GET", .target = "/api/v1/keys", .headers = headers, .body = {}},
             watched_.subject());
  EXPECT_EQ(refused.status, 403);
}

TEST_F(AdminWithToken, AttackFromAnotherOriginChangesNothing) {
  EXPECT_EQ(ask("POST", kDisable,
                {{"origin", "https://evil.example"}, {"content-type", "application/json"}})
                .status,
            403);
  EXPECT_TRUE(unchanged());
}

TEST_F(AdminWithToken, AttackByAFormChangesNothing) {
  for (const char* type :
       {"application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"}) {
    const auto refused =
        ask("POST", kDisable,
            {{"origin", "null"}, {"sec-fetch-site", "cross-site"}, {"content-type", type}}, "a=b");
    EXPECT_EQ(refused.status, 403) << type;
    EXPECT_EQ(ask("POST", kDisable, {{"content-type", type}}, "a=b").status, 415) << type;
  }
  EXPECT_TRUE(unchanged());
}

TEST_F(AdminWithToken, AttackByFetchIsGivenNoLeaveToSendAHeader) {
  const auto asked = ask("OPTIONS", kDisable,
                         {{"origin", "https://evil.example"},
                          {"access-control-request-method", "POST"},
                          {"access-control-request-headers", "authorization"}});
  EXPECT_GE(asked.status, 400);
  EXPECT_FALSE(asked.header("access-control-allow-origin"));
  EXPECT_FALSE(asked.header("access-control-allow-headers"));
  EXPECT_TRUE(unchanged());
}

TEST_F(AdminWithToken, ShowsItsOwnPagesAndItsHealthToAll) {
  for (const char* path : {"/", "/healthz", "/readyz", "/assets/app.js"}) {
    const auto answered = ask("GET", path);
    EXPECT_EQ(answered.status, 200) << path;
    EXPECT_THAT(answered.body, Not(HasSubstr("OPENAI_API_KEY[0]"))) << path;
  }
}

TEST_F(AdminWithToken, NeverTellsItsHash) {
  const std::vector<http::Header> token{
      {"authorization", std::string_view("Bearer kp_the-operators-own")}};
  const auto hash = watched_.config.admin_token_hash.substr(7);
  EXPECT_THAT(ask("GET", "/api/v1/config", token).body, Not(HasSubstr(hash)));
  EXPECT_THAT(ask("GET", "/api/v1/config").body, Not(HasSubstr(hash)));
}

// Names come as JSON, of a type that no browser takes for a page, and a page of ours may not make
// markup of text (require-trusted-types-for).
TEST(AdminNames, ThatAreMarkupStayText) {
  const std::string markup = "<img src=x onerror=alert(1)>";
  WatchedPool watched;
  watched.pool.add_key("openai", {.name = markup, .secret = Secret(kMarker)});
  {
    auto lease = watched.pool.lease("openai", {.model = markup});
    ASSERT_TRUE(lease);
    lease->succeed({.input_tokens = 1, .output_tokens = 1});
  }
  for (const char* path : {"/api/v1/keys?endpoint=openai", "/api/v1/lanes?endpoint=openai",
                           "/api/v1/overview", "/api/v1/keys?search=%3Cimg"}) {
    const auto answered = watched.ask("GET", path);
    EXPECT_EQ(answered.header("content-type"), "application/json") << path;
    EXPECT_EQ(answered.header("x-content-type-options"), "nosniff") << path;
    EXPECT_THAT(std::string(answered.header("content-security-policy").value_or("")),
                HasSubstr("require-trusted-types-for 'script'"))
        << path;
  }
  const auto metrics = watched.ask("GET", "/metrics");
  EXPECT_THAT(std::string(metrics.header("content-type").value_or("")), HasSubstr("text/plain"));
  const auto unknown = watched.ask("GET", "/api/v1/keys/%3Cscript%3E/x");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.header("content-type"), "application/json");
}

}  // namespace
}  // namespace keypool::admin
