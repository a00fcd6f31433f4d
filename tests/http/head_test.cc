#include "http/head.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::http {
namespace {

using ::testing::ElementsAre;

std::expected<std::size_t, Refusal> read_request(RequestHead& head, std::string_view bytes,
                                                 const HeadLimits& limits = {}) {
  head.clear();
  return head.read(bytes, limits);
}

TEST(RequestHead, IsReadWithoutItsBody) {
  RequestHead head;
  const std::string_view bytes =
      "POST /openai/v1/chat/completions?a=b HTTP/1.1\r\n"
      "Host: localhost:8080\r\n"
      "Content-Type:application/json  \r\n"
      "Content-Length: 4\r\n"
      "X-Empty:\r\n"
      "\r\n"
      "body";

  const auto size = read_request(head, bytes);

  ASSERT_TRUE(size) << size.error().what;
  EXPECT_EQ(bytes.substr(*size), "body");
  EXPECT_EQ(head.method(), "POST");
  EXPECT_EQ(head.target(), "/openai/v1/chat/completions?a=b");
  EXPECT_EQ(head.minor_version(), 1);
  EXPECT_TRUE(head.keeps_alive());
  EXPECT_EQ(find(head.headers(), "content-type"), "application/json");
  EXPECT_EQ(find(head.headers(), "X-EMPTY"), "");
  EXPECT_EQ(head.framing().kind, Framing::Kind::length);
  EXPECT_EQ(head.framing().length, 4u);
}

TEST(RequestHead, IsTheSameInPiecesOfOneByte) {
  const std::string bytes =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  RequestHead head;
  head.clear();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto read = head.read(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(read) << read.error().what;
    ASSERT_EQ(*read, 0u) << "after " << size << " bytes";
  }

  ASSERT_EQ(head.read(bytes), bytes.size());
  EXPECT_EQ(head.framing().kind, Framing::Kind::chunked);
  EXPECT_FALSE(head.keeps_alive());
}

TEST(RequestHead, IsUsedAgainWithoutRememberingTheLast) {
  RequestHead head;
  ASSERT_TRUE(read_request(head,
                           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n"
                           "Connection: close, x-hop\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(read_request(head, "GET /b HTTP/1.1\r\nHost: b\r\n\r\n"));

  EXPECT_EQ(head.method(), "GET");
  EXPECT_EQ(head.headers().size(), 1u);
  EXPECT_EQ(head.framing().kind, Framing::Kind::none);
  EXPECT_EQ(head.declared_length(), std::nullopt);
  EXPECT_TRUE(head.keeps_alive());
  EXPECT_FALSE(head.expects_continue());
  EXPECT_FALSE(head.is_connection_option("x-hop"));
}

TEST(RequestHead, ConnectionNamesHeadersOfThisHop) {
  RequestHead head;
  ASSERT_TRUE(read_request(
      head,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-One , keep-alive\r\nConnection: x-two\r\n\r\n"));

  EXPECT_TRUE(head.is_connection_option("x-one"));
  EXPECT_TRUE(head.is_connection_option("X-Two"));
  EXPECT_FALSE(head.is_connection_option("host"));
}

TEST(RequestHead, EmptyLinesBeforeItAreCounted) {
  EXPECT_EQ(empty_lines("GET"), 0u);
  EXPECT_EQ(empty_lines("\r\n\r\nGET"), 4u);
  EXPECT_EQ(empty_lines("\r\n\r"), 2u);
  EXPECT_EQ(empty_lines("\n"), 0u);

  RequestHead head;
  EXPECT_EQ(read_request(head, "\r"), 0u) << "the LF may still come";
}

struct Persistence {
  const char* name;
  const char* version;
  const char* connection;
  bool keeps_alive;
};

TEST(RequestHead, PersistsAsVersionAndConnectionSay) {
  const Persistence rows[] = {
      {"1.1 says nothing", "HTTP/1.1", "", true},
      {"1.1 closes", "HTTP/1.1", "Connection: Close\r\n", false},
      {"1.0 says nothing", "HTTP/1.0", "", false},
      {"1.0 keeps", "HTTP/1.0", "Connection: Keep-Alive\r\n", true},
      {"close beats keep-alive", "HTTP/1.1", "Connection: keep-alive, close\r\n", false},
  };
  for (const auto& row : rows) {
    RequestHead head;
    const auto bytes =
        std::string("GET / ") + row.version + "\r\nHost: a\r\n" + row.connection + "\r\n";
    ASSERT_TRUE(read_request(head, bytes)) << row.name;
    EXPECT_EQ(head.keeps_alive(), row.keeps_alive) << row.name;
  }
}

struct Hostile {
  const char* rule;
  std::string bytes;
  int status;
};

TEST(RequestHead, RefusesWhatTwoReadersMightReadInTwoWays) {
  using std::string_literals::operator""s;
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const Hostile rows[] = {
      // RFC 9112 §2.2: lines end with CRLF.
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF after a header", get + "X: 1\n\r\n", 400},
      {"bare LF as the empty line", get + "\n", 400},
      {"bare CR in a value", get + "X: a\rb\r\n\r\n", 400},
      {"CR CR LF", get + "X: a\r\r\n\r\n", 400},
      {"LF first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      // RFC 9112 §3: the request line.
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a blank before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"lower-case http", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2.0 preface", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"HTTP/1.01", "GET / HTTP/1.01\r\nHost: a\r\n\r\n", 400},
      {"a TLS hello", "\x16\x03\x01\x02\x00"s, 400},
      // RFC 9112 §3.2: the target.
      {"absolute form", "GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT evil:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bytes above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      // RFC 9112 §3.2: Host.
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", get + "Host: b\r\n\r\n", 400},
      {"two equal Hosts", get + "host: a\r\n\r\n", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"a Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      // RFC 9112 §5: header lines.
      {"a blank before the colon", get + "X : 1\r\n\r\n", 400},
      {"a header without a colon", get + "X\r\n\r\n", 400},
      {"a header without a name", get + ": 1\r\n\r\n", 400},
      {"a name that is no token", get + "X(Y: 1\r\n\r\n", 400},
      {"NUL in a name", get + "X\0Y: 1\r\n\r\n"s, 400},
      {"NUL in a value", get + "X: a\0b\r\n\r\n"s, 400},
      {"DEL in a value", get + "X: a\x7f\r\n\r\n", 400},
      {"a folded line", get + "X: a\r\n b\r\n\r\n", 400},
      {"a folded line with a tab", get + "X: a\r\n\tb\r\n\r\n", 400},
      {"a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      // RFC 9110 §8.6: Content-Length.
      {"a sign", post + "Content-Length: +5\r\n\r\n", 400},
      {"a negative length", post + "Content-Length: -5\r\n\r\n", 400},
      {"hexadecimal", post + "Content-Length: 0x5\r\n\r\n", 400},
      {"a blank within", post + "Content-Length: 5 5\r\n\r\n", 400},
      {"a list", post + "Content-Length: 5, 5\r\n\r\n", 400},
      {"an empty length", post + "Content-Length:\r\n\r\n", 400},
      {"more than fits", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"two that differ", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
      {"two that differ, one zero", post + "Content-Length: 0\r\nContent-Length: 6\r\n\r\n", 400},
      // RFC 9112 §6.1, §6.3: Transfer-Encoding.
      {"both framings", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"both framings, turned", post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
       400},
      {"an unknown coding", post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"chunked is not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
      {"a coding before chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"chunked twice in a line", post + "Transfer-Encoding: chunked, chunked\r\n\r\n", 501},
      {"chunked in two lines",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"an obscured chunked",
       post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n",
       400},
      {"a quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n", 501},
      {"an empty coding", post + "Transfer-Encoding:\r\n\r\n", 501},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      // RFC 9110 §10.1.1.
      {"an unknown expectation", post + "Expect: miracles\r\n\r\n", 417},
  };
  for (const auto& row : rows) {
    RequestHead head;
    const auto read = read_request(head, row.bytes);
    ASSERT_FALSE(read) << row.rule;
    EXPECT_EQ(read.error().status, row.status) << row.rule << ": " << read.error().what;
  }
}

TEST(RequestHead, TakesWhatIsUnusualButClear) {
  const struct {
    const char* name;
    std::string bytes;
  } rows[] = {
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"},
      {"a method of one's own", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bytes above ASCII in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\n\r\n"},
      {"two equal lengths",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"},
      {"Chunked in capitals", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"},
      {"a long query", "GET /?" + std::string(4000, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n"},
  };
  for (const auto& row : rows) {
    RequestHead head;
    const auto read = read_request(head, row.bytes);
    ASSERT_TRUE(read) << row.name << ": " << read.error().what;
    EXPECT_EQ(*read, row.bytes.size()) << row.name;
  }
}

TEST(RequestHead, IsBoundedInBytesAndInHeaders) {
  const HeadLimits limits{.bytes = 1024, .headers = 3};
  RequestHead head;

  const std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x');
  EXPECT_EQ(read_request(head, endless, limits).error().status, 431);
  const std::string whole_but_large = endless + "\r\n\r\n";
  EXPECT_EQ(read_request(head, whole_but_large, limits).error().status, 431);
  const std::string endless_target(2000, '/');
  EXPECT_EQ(read_request(head, "GET " + endless_target, limits).error().status, 414);

  const std::string three = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n";
  EXPECT_TRUE(read_request(head, three + "\r\n", limits));
  EXPECT_EQ(read_request(head, three + "C: 3\r\n\r\n", limits).error().status, 431);
}

TEST(ResponseHead, IsReadWithItsFraming) {
  ResponseHead head;
  const std::string_view bytes =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\n";

  const auto size = head.read(bytes, "POST");

  ASSERT_TRUE(size) << size.error().what;
  EXPECT_EQ(bytes.substr(*size), "5\r\n");
  EXPECT_EQ(head.status(), 200);
  EXPECT_EQ(head.reason(), "OK");
  EXPECT_TRUE(head.keeps_alive());
  EXPECT_EQ(head.framing().kind, Framing::Kind::chunked);
}

// RFC 9112 §6.3.
TEST(ResponseHead, BodyEndsAsMethodStatusAndHeadersSay) {
  using Kind = Framing::Kind;
  const struct {
    const char* name;
    const char* method;
    const char* head;
    Kind kind;
    std::uint64_t length;
    bool keeps_alive;
  } rows[] = {
      {"a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::length, 5, true},
      {"a length of nothing", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Kind::none, 0,
       true},
      {"neither", "GET", "HTTP/1.1 200 OK\r\n\r\n", Kind::until_close, 0, false},
      {"to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::none, 0, true},
      {"to HEAD, chunked", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       Kind::none, 0, true},
      {"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", Kind::none, 0, true},
      {"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Kind::none,
       0, true},
      {"interim", "GET", "HTTP/1.1 103 Early Hints\r\n\r\n", Kind::none, 0, true},
      {"closing", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
       Kind::length, 5, false},
      {"1.0 with a length", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::length, 5,
       false},
      {"1.0 that stays", "GET",
       "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", Kind::length, 5,
       true},
      {"no reason", "GET", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", Kind::length, 5, true},
      {"an empty reason", "GET", "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n", Kind::length, 5,
       true},
  };
  for (const auto& row : rows) {
    ResponseHead head;
    const auto read = head.read(row.head, row.method);
    ASSERT_TRUE(read) << row.name << ": " << read.error().what;
    EXPECT_EQ(head.framing().kind, row.kind) << row.name;
    EXPECT_EQ(head.framing().length, row.length) << row.name;
    EXPECT_EQ(head.keeps_alive(), row.keeps_alive) << row.name;
  }
}

TEST(ResponseHead, TellsTheLengthThatNoBodyFollows) {
  ResponseHead head;
  ASSERT_TRUE(head.read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"));
  EXPECT_EQ(head.declared_length(), 5u);
}

TEST(ResponseHead, RefusesGarbage) {
  const struct {
    const char* name;
    const char* bytes;
  } rows[] = {
      {"text", "hello"},
      {"HTTP/0.9", "<html>"},
      {"another version", "HTTP/2.0 200 OK\r\n\r\n"},
      {"no status", "HTTP/1.1\r\n\r\n"},
      {"a status of two digits", "HTTP/1.1 20\r\n\r\n"},
      {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
      {"a status of letters", "HTTP/1.1 2xx OK\r\n\r\n"},
      {"a status of nothing known", "HTTP/1.1 700 X\r\n\r\n"},
      {"a status below all", "HTTP/1.1 099 X\r\n\r\n"},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
      {"both framings",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"},
      {"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
  };
  for (const auto& row : rows) {
    ResponseHead head;
    EXPECT_FALSE(head.read(row.bytes, "GET")) << row.name;
  }
}

}  // namespace
}  // namespace keypool::http
