// Addresses in answers lead through the gateway.
#include "gateway/relocation.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Relocation, IsOfAddressesBelowTheBaseUrl) {
  config::Endpoint endpoint;
  endpoint.name = "acme";
  endpoint.base_url = {.tls = true, .host = "api.example", .port = 443, .prefix = "/base"};
  const Relocation relocation{endpoint, "http", "gateway:8080", "/acme/v1/files"};
  const struct {
    const char* name;
    const char* from;
    const char* to;
  } rows[] = {
      {"absolute", "https://api.example/base/v1/files/1", "http://gateway:8080/acme/v1/files/1"},
      {"in other letters", "HTTPS://API.example/base/v1", "http://gateway:8080/acme/v1"},
      {"a path", "/base/v1/files/1?a=b", "http://gateway:8080/acme/v1/files/1?a=b"},
      {"with the provider's key", "https://api.example/base/x?key=sk-1&upload_id=7",
       "http://gateway:8080/acme/x?upload_id=7"},
      {"above the base URL", "https://api.example/other", "https://api.example/other"},
      {"beside the base URL", "https://api.example/baseless", "https://api.example/baseless"},
      {"another host", "https://cdn.example/base/x?sig=1", "https://cdn.example/base/x?sig=1"},
      {"another host, with a key", "https://cdn.example/x?key=sk-1", "https://cdn.example/x"},
      {"another scheme", "http://api.example/base/x", "http://api.example/base/x"},
      {"relative", "../v1/files/2", "../v1/files/2"},
      {"another host without a scheme", "//cdn.example/base", "//cdn.example/base"},
      {"no address", "", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(relocated(row.from, relocation), row.to) << row.name;
}

TEST(Relocation, GivesAClientItsOwnKeyBack) {
  config::Endpoint endpoint;
  endpoint.name = "gemini";
  endpoint.base_url = {.tls = true, .host = "api.example", .port = 443, .prefix = ""};
  const Relocation relocation{endpoint, "https", "gateway", "/gemini/upload?key=client&a=b"};

  EXPECT_EQ(relocated("https://api.example/upload?upload_id=7&key=sk-1", relocation),
            "https://gateway/gemini/upload?upload_id=7&key=client");
}

// Gemini's resumable upload: the bytes go where the first answer says.
TEST(Relocation, OfAnUploadLeadsBackToTheKeyThatBeganIt) {
  Notes asked;
  std::uint16_t port = 0;
  ScriptedUpstream upstream([&](Wire& wire) {
    while (const auto request = wire.read()) {
      asked.add(request->start + " with " + request->header("x-goog-api-key"));
      const auto address = "http://127.0.0.1:" + std::to_string(port) +
                           "/upload/v1beta/files?key=" + request->header("x-goog-api-key") +
                           "&upload_id=u7&upload_protocol=resumable";
      wire.send(json_answer(
          200, "{}", "X-Goog-Upload-URL: " + address + "\r\nX-Goog-Upload-Status: active\r\n"));
    }
  });
  port = upstream.port();
  RunningGateway gateway(upstream.port(), {.keys = 3, .configure = [](config::Config& config) {
                                             config.endpoints.front().name = "gemini";
                                             config.endpoints.front().dialect =
                                                 provider::Dialect::gemini;
                                             config.endpoints.front().policy = Policy::round_robin;
                                           }});

  const auto begun =
      gateway.call(post("/gemini/upload/v1beta/files", "{}", "X-Goog-Upload-Command: start\r\n"));

  const auto address = begun.header("x-goog-upload-url");
  EXPECT_EQ(address,
            "http://gateway/gemini/upload/v1beta/files?upload_id=u7&upload_protocol=resumable");
  const auto key = begun.header("x-keypool-key");
  for (int i = 0; i < 3; ++i) {
    const auto piece = gateway.call(post(address.substr(std::string("http://gateway").size()),
                                         "bytes", "X-Goog-Upload-Command: upload\r\n"));
    EXPECT_EQ(piece.header("x-keypool-key"), key);
  }
  EXPECT_THAT(asked.last(), HasSubstr("/upload/v1beta/files?upload_id=u7"));
  EXPECT_THAT(asked.last(), HasSubstr("with sk-" + key.substr(1)));
}

}  // namespace
}  // namespace keypool::gateway::testing
