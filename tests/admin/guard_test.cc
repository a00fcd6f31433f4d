#include "admin/guard.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::admin {
namespace {

struct Case {
  std::string name;
  std::string method;
  std::vector<http::Header> headers;
  int status;  ///< 0: not refused
};

class Guard : public testing::TestWithParam<Case> {};

TEST_P(Guard, Decides) {
  const Case& given = GetParam();
  const http::Request request{
      .method = given.method, .target = "/api/v1/keys", .headers = given.headers, .body = {}};
  const auto refused = refusal(request, config::Listen{"127.0.0.1", 8081});
  EXPECT_EQ(refused ? refused->status : 0, given.status);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Guard,
    testing::Values(
        Case{"LoopbackAddress", "GET", {{"Host", "127.0.0.1:8081"}}, 0},
        Case{"AnyLoopbackAddress", "GET", {{"Host", "127.9.9.9"}}, 0},
        Case{"LoopbackName", "GET", {{"Host", "localhost:8081"}}, 0},
        Case{"LoopbackNameInCapitals", "GET", {{"Host", "LOCALHOST"}}, 0},
        Case{"LoopbackAddressOfVersion6", "GET", {{"Host", "[::1]:8081"}}, 0},
        Case{"ReboundName", "GET", {{"Host", "evil.example:8081"}}, 403},
        Case{"NameThatBeginsLikeAnAddress", "GET", {{"Host", "127.0.0.1.evil.example"}}, 403},
        Case{"NameThatBeginsLikeLocalhost", "GET", {{"Host", "localhost.evil.example"}}, 403},
        Case{"UserPartBeforeTheName", "GET", {{"Host", "localhost@evil.example"}}, 403},
        Case{"EmptyHost", "GET", {{"Host", ""}}, 403},
        Case{"UnclosedBracket", "GET", {{"Host", "[::1"}}, 403}, Case{"NoHost", "GET", {}, 400},
        Case{"TwoHosts", "GET", {{"Host", "localhost"}, {"host", "evil.example"}}, 400},
        Case{"ChangeWithoutOrigin", "POST", {{"Host", "localhost:8081"}}, 0},
        Case{"ChangeFromOwnOrigin",
             "POST",
             {{"Host", "localhost:8081"},
              {"Origin", "http://localhost:8081"},
              {"Content-Type", "application/json"}},
             0},
        Case{"ChangeFromOwnOriginThatAFormCouldSend",
             "POST",
             {{"Host", "localhost:8081"}, {"Origin", "http://localhost:8081"}},
             415},
        Case{"FormWithoutOrigin",
             "POST",
             {{"Host", "localhost:8081"}, {"Content-Type", "application/x-www-form-urlencoded"}},
             415},
        Case{"PlainTextThatPassesForJson",
             "POST",
             {{"Host", "localhost:8081"}, {"Content-Type", "text/plain; x=application/json"}},
             415},
        Case{"JsonWithCharset",
             "POST",
             {{"Host", "localhost:8081"}, {"Content-Type", "Application/JSON; charset=utf-8"}},
             0},
        Case{"ChangeFromOtherOrigin",
             "POST",
             {{"Host", "localhost:8081"}, {"Origin", "https://evil.example"}},
             403},
        Case{"ChangeFromOtherPort",
             "POST",
             {{"Host", "localhost:8081"}, {"Origin", "http://localhost:3000"}},
             403},
        Case{"ChangeFromOpaqueOrigin",
             "POST",
             {{"Host", "localhost:8081"}, {"Origin", "null"}},
             403},
        Case{"ChangeThatABrowserCallsCrossSite",
             "POST",
             {{"Host", "localhost:8081"}, {"Sec-Fetch-Site", "cross-site"}},
             403},
        Case{"LookFromOtherOrigin",
             "GET",
             {{"Host", "localhost:8081"}, {"Origin", "https://evil.example"}},
             0}),
    [](const auto& row) { return row.param.name; });

TEST(GuardOfAnOpenListener, TakesEveryNameThatTheTokenProtects) {
  const std::vector<http::Header> headers{{"Host", "gateway.internal:8081"}};
  const http::Request request{
      .method = "GET", .target = "/api/v1/keys", .headers = headers, .body = {}};
  EXPECT_FALSE(refusal(request, config::Listen{"0.0.0.0", 8081}));
  EXPECT_FALSE(refusal(request, config::Listen{"10.0.0.5", 8081}));
}

}  // namespace
}  // namespace keypool::admin
