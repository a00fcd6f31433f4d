#include "provider/client_credentials.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::provider {
namespace {

using Found = std::vector<std::string>;

Found credentials(const std::vector<http::Header>& headers, std::string_view target = "/v1/x") {
  const ClientCredentials sent(headers, target);
  return {sent.all().begin(), sent.all().end()};
}

TEST(ClientCredentials, AreFoundWhereverSdksPutThem) {
  const struct {
    const char* name;
    std::vector<http::Header> headers;
    std::string_view target;
    Found found;
  } rows[] = {
      {"none", {}, "/v1/x", {}},
      {"a bearer", {{"Authorization", "Bearer kp-1"}}, "/", {"kp-1"}},
      {"a bearer spelled otherwise", {{"authorization", "bearer  kp-1 "}}, "/", {"kp-1"}},
      {"a bearer of nothing", {{"authorization", "Bearer "}}, "/", {}},
      {"another scheme", {{"authorization", "Basic eDp5"}}, "/", {}},
      {"Anthropic's header", {{"X-Api-Key", "kp-1"}}, "/", {"kp-1"}},
      {"Azure's header", {{"api-key", "kp-1"}}, "/", {"kp-1"}},
      {"Google's header", {{"x-goog-api-key", " kp-1"}}, "/", {"kp-1"}},
      {"an empty header", {{"x-api-key", ""}}, "/", {}},
      {"Google's parameter", {}, "/v1/x?alt=sse&key=kp-1", {"kp-1"}},
      {"Azure's parameter", {}, "/v1/x?api-key=kp-1", {"kp-1"}},
      {"a parameter in percents", {}, "/v1/x?%6bey=k%70%2d1", {"kp-1"}},
      {"an empty parameter, then one", {}, "/v1/x?key=&&key=kp-1", {"kp-1"}},
      {"a parameter of a similar name", {}, "/v1/x?monkey=kp-1&keys=2&key", {}},
      {"a browser's WebSocket",
       {{"Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.kp-1, openai-beta.x"}},
       "/",
       {"kp-1"}},
      {"a WebSocket without", {{"sec-websocket-protocol", "realtime"}}, "/", {}},
      {"a placeholder beside the real one",
       {{"authorization", "Bearer unused"}, {"x-api-key", "kp-1"}},
       "/?key=kp-2",
       {"unused", "kp-1", "kp-2"}},
      {"one header twice", {{"x-api-key", "kp-1"}, {"x-api-key", "kp-2"}}, "/", {"kp-1"}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(credentials(row.headers, row.target), row.found) << row.name;
}

}  // namespace
}  // namespace keypool::provider
