#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/answer_head.h"
#include "gateway/request_head.h"

namespace keypool::gateway {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

http::RequestHead request(const std::string& bytes) {
  http::RequestHead head;
  EXPECT_TRUE(head.read(bytes));
  return head;
}

http::ResponseHead response(const std::string& bytes, std::string_view method = "GET") {
  http::ResponseHead head;
  EXPECT_TRUE(head.read(bytes, method));
  return head;
}

config::Endpoint endpoint(std::string prefix = "") {
  config::Endpoint endpoint;
  endpoint.name = "openai";
  endpoint.base_url = {
      .tls = true, .host = "api.example", .port = 443, .prefix = std::move(prefix)};
  endpoint.dialect = provider::Dialect::openai;
  return endpoint;
}

std::string written(const config::Endpoint& to, const http::RequestHead& head,
                    std::string_view rest, const http::Framing& framing = {}) {
  std::string out = "left over";
  write_request_head({to, authority(to.base_url), head, rest, "sk-pool", framing}, out);
  return out;
}

TEST(Authority, ShowsThePortOnlyWhereItIsNotTheUsual) {
  EXPECT_EQ(authority({.tls = true, .host = "a.example", .port = 443, .prefix = ""}), "a.example");
  EXPECT_EQ(authority({.tls = false, .host = "a.example", .port = 80, .prefix = ""}), "a.example");
  EXPECT_EQ(authority({.tls = true, .host = "a.example", .port = 80, .prefix = ""}),
            "a.example:80");
  EXPECT_EQ(authority({.tls = false, .host = "::1", .port = 8000, .prefix = ""}), "[::1]:8000");
}

TEST(RequestHeadForUpstream, SwapsTheCredentialAndTheHost) {
  const auto head = request(
      "POST /openai/v1/x HTTP/1.1\r\nHost: localhost:8080\r\nAuthorization: Bearer "
      "client-secret\r\n"
      "x-api-key: client-secret\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n");

  const auto out = written(endpoint(), head, "/v1/x", {http::Framing::Kind::length, 5});

  EXPECT_EQ(out,
            "POST /v1/x HTTP/1.1\r\nhost: api.example\r\nauthorization: Bearer sk-pool\r\n"
            "Content-Type: application/json\r\ncontent-length: 5\r\n\r\n");
}

TEST(RequestHeadForUpstream, LeavesBehindWhatIsForThisHop) {
  const auto head = request(
      "GET /openai/x HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: "
      "trailers\r\n"
      "Keep-Alive: timeout=5\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nProxy-Authorization: x\r\n"
      "Cookie: c\r\nX-Keypool-Debug: 1\r\nX-Stays: 1\r\n\r\n");

  EXPECT_EQ(written(endpoint(), head, "/x"),
            "GET /x HTTP/1.1\r\nhost: api.example\r\nauthorization: Bearer sk-pool\r\n"
            "X-Stays: 1\r\n\r\n");
}

TEST(RequestHeadForUpstream, PutsTheRestBehindTheBaseUrl) {
  const auto head = request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const struct {
    const char* prefix;
    const char* rest;
    const char* line;
  } rows[] = {
      {"", "/v1/models?limit=1", "GET /v1/models?limit=1 HTTP/1.1\r\n"},
      {"/base", "/v1/models", "GET /base/v1/models HTTP/1.1\r\n"},
      {"", "", "GET / HTTP/1.1\r\n"},
      {"", "?x=1", "GET /?x=1 HTTP/1.1\r\n"},
      {"/base", "", "GET /base HTTP/1.1\r\n"},
      {"/base", "?x=1", "GET /base?x=1 HTTP/1.1\r\n"},
      {"", "/v1?key=client-secret&alt=sse", "GET /v1?alt=sse HTTP/1.1\r\n"},
      {"", "/v1?%6bey=client-secret&alt=sse", "GET /v1?alt=sse HTTP/1.1\r\n"},
      {"", "/v1?alt=sse&k%65%79=client-secret", "GET /v1?alt=sse HTTP/1.1\r\n"},
      {"", "/v1?api%2Dkey=client-secret", "GET /v1 HTTP/1.1\r\n"},
      {"", "?%6Bey=client-secret", "GET / HTTP/1.1\r\n"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(written(endpoint(row.prefix), head, row.rest), ::testing::StartsWith(row.line));
  }
}

TEST(RequestHeadForUpstream, IsNeverMovedOnceTheSecretIsInIt) {
  std::string bytes = "GET /x HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i)
    bytes += "X-Header-" + std::to_string(i) + ": " + std::string(50, 'v') + "\r\n";
  const auto head = request(bytes + "\r\n");
  const auto to = endpoint("/prefix");
  std::string out;
  write_request_head({to, "a", head, "/rest", "sk-pool", {http::Framing::Kind::length, 1u << 30}},
                     out);
  const auto capacity = out.capacity();
  EXPECT_GE(capacity, out.size());
  const auto* place = out.data();
  write_request_head({to, "a", head, "/rest", "sk-pool", {http::Framing::Kind::length, 1u << 30}},
                     out);
  EXPECT_EQ(out.data(), place);
  EXPECT_EQ(out.capacity(), capacity);
}

TEST(Encodings, AreNarrowedToWhatTheTapReads) {
  EXPECT_EQ(narrowed_encodings("gzip, deflate, br, zstd"), "gzip, deflate");
  EXPECT_EQ(narrowed_encodings("br;q=1.0, GZIP;q=0.8 , *;q=0.1"), "GZIP;q=0.8");
  EXPECT_EQ(narrowed_encodings("br"), "identity");
  EXPECT_EQ(narrowed_encodings("*"), "identity");
  EXPECT_EQ(narrowed_encodings(""), "identity");
  EXPECT_EQ(narrowed_encodings("identity"), "identity");
}

TEST(AnswerHead, TellsWhereItCameFromAndHidesWhoseTheKeyIs) {
  const auto head = response(
      "HTTP/1.1 200 Fine\r\nContent-Type: application/json\r\nopenai-organization: org-1\r\n"
      "Set-Cookie: a=b\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
      "X-Keypool-Key: forged\r\nx-request-id: r1\r\nContent-Length: 2\r\n\r\n");
  const auto framing = frame_for_client(head, 1, true);
  std::string out;

  write_answer_head(head, 1, framing, {{"openai", "K0", 2}}, out);

  EXPECT_EQ(out,
            "HTTP/1.1 200 Fine\r\nContent-Type: application/json\r\nx-request-id: r1\r\n"
            "content-length: 2\r\nx-keypool-endpoint: openai\r\nx-keypool-key: K0\r\n"
            "x-keypool-attempts: 2\r\n\r\n");
}

TEST(AnswerHead, IsFramedForTheClientsVersion) {
  using Kind = http::Framing::Kind;
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  const std::string until_close = "HTTP/1.1 200 OK\r\n\r\n";
  const struct {
    const char* name;
    std::string head;
    int minor_version;
    Kind kind;
    bool keeps_alive;
  } rows[] = {
      {"chunks stay chunks", chunked, 1, Kind::chunked, true},
      {"1.0 knows no chunks", chunked, 0, Kind::until_close, false},
      {"a length stays", length, 1, Kind::length, true},
      {"a length stays for 1.0", length, 0, Kind::length, true},
      {"an answer until close is chunked", until_close, 1, Kind::chunked, true},
      {"but not for 1.0", until_close, 0, Kind::until_close, false},
  };
  for (const auto& row : rows) {
    const auto framing = frame_for_client(response(row.head), row.minor_version, true);
    EXPECT_EQ(framing.framing.kind, row.kind) << row.name;
    EXPECT_EQ(framing.keeps_alive, row.keeps_alive) << row.name;
  }
}

TEST(AnswerHead, ToHeadKeepsItsLength) {
  const auto head = response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD");
  std::string out;
  write_answer_head(head, 1, frame_for_client(head, 1, true), {}, out);
  EXPECT_THAT(out, HasSubstr("content-length: 5\r\n"));
}

TEST(AnswerHead, WithoutContentHasNoLength) {
  const auto head = response("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
  std::string out;
  write_answer_head(head, 1, frame_for_client(head, 1, true), {}, out);
  EXPECT_THAT(out, Not(HasSubstr("content-length")));
}

TEST(OwnError, SaysWhatARetryWouldDo) {
  std::string out;
  write_own_error({429, "{}", {true, 6500ms}}, 1, true, false, {"openai", "", 3}, out);
  EXPECT_EQ(
      out,
      "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
      "retry-after: 7\r\nx-should-retry: true\r\nx-keypool-endpoint: openai\r\n"
      "x-keypool-attempts: 3\r\n\r\n{}");
}

TEST(OwnError, ToHeadHasNoBody) {
  std::string out;
  write_own_error({404, "{}"}, 1, false, true, {}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
            "connection: close\r\n\r\n");
}

}  // namespace
}  // namespace keypool::gateway
