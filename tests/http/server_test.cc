#include "http/server.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/client.h"
#include "tests/http/running_server.h"

namespace keypool::http {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Says back what it was asked.
struct Echo {
  awaitable<void> operator()(const Request& request, Responder& responder) const {
    std::string said(request.method);
    said.append(" ").append(request.path()).append(" ").append(request.query());
    said.append(" ").append(request.header("X-Mood").value_or("-")).append(" ");
    said.append(request.body);
    Answer answer{.status = 201, .body = std::move(said)};
    answer.headers.push_back({"content-type", "text/plain"});
    co_await responder.send(std::move(answer));
  }
};

TEST(Server, HandsTheRequestOverAndTheAnswerBack) {
  RunningServer server{Echo{}};

  const auto answer = fetch({.port = server.port(),
                             .method = "POST",
                             .target = "/path?a=b",
                             .headers = {{"x-mood", "calm"}},
                             .body = "the body"});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "POST /path a=b calm the body");
  EXPECT_EQ(answer->header("Content-Type"), "text/plain");
}

TEST(Server, AnswersPipelinedRequestsInOrderOnOneConnection) {
  RunningServer server{Echo{}};
  RawClient client(server.port());

  client.send(
      "GET /1 HTTP/1.1\r\nhost: h\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
  const std::string came = client.receive_all();

  EXPECT_LT(came.find("GET /1"), came.find("GET /2"));
  EXPECT_THAT(came, EndsWith("GET /2  - "));
}

TEST(Server, AnswersHeadWithoutABody) {
  RunningServer server{Echo{}};
  RawClient client(server.port());

  client.send("HEAD /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");

  const std::string came = client.receive_all();
  EXPECT_THAT(came, HasSubstr("content-length: 11\r\n"));
  EXPECT_THAT(came, EndsWith("\r\n\r\n"));
}

TEST(Server, ClosesAfterAnOldClientsRequest) {
  RunningServer server{Echo{}};
  RawClient client(server.port());

  client.send("GET /x HTTP/1.0\r\n\r\n");

  const std::string came = client.receive_all();
  EXPECT_THAT(came, StartsWith("HTTP/1.0 201 Created\r\n"));
  EXPECT_THAT(came, HasSubstr("connection: close\r\n"));
}

TEST(Server, InvitesABodyThatWaitsForIt) {
  RunningServer server{Echo{}};
  RawClient client(server.port());

  client.send(
      "POST /x HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: "
      "close\r\n\r\n");
  EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");

  EXPECT_THAT(client.receive_all(), EndsWith("POST /x  - hi"));
}

struct SplitsHeaders {
  awaitable<void> operator()(const Request&, Responder& responder) const {
    Answer answer;
    answer.headers.push_back({"x-name", "a\r\nset-cookie: b"});
    co_await responder.send(std::move(answer));
  }
};

TEST(Server, LetsNoHeaderValueBecomeTwoHeaders) {
  RunningServer server{SplitsHeaders{}};

  const auto answer = fetch({.port = server.port()});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->header("set-cookie"), std::nullopt);
  EXPECT_EQ(answer->header("x-name"), "a  set-cookie: b");
}

// What is refused

struct Refusal {
  const char* name;
  std::string sent;
  int status;
};

void PrintTo(const Refusal& row, std::ostream* out) { *out << row.name; }

class ServerRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(ServerRefusal, NamesItsReasonAndCloses) {
  RunningServer server{
      Echo{}, {.head_bytes = 1024, .body_bytes = 1024, .head_time = 20ms, .body_time = 20ms}};
  RawClient client(server.port());

  client.send(GetParam().sent);
  const std::string came = client.receive_all();

  EXPECT_THAT(came, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
  EXPECT_THAT(came, HasSubstr("connection: close\r\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ServerRefusal,
    ::testing::Values(
        Refusal{"NotHttp", "hello\r\n\r\n", 400},
        Refusal{"BadHeaderLine", "GET / HTTP/1.1\r\nhost: h\r\nno colon\r\n\r\n", 400},
        Refusal{"BadLength", "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: many\r\n\r\n", 400},
        Refusal{"TwoLengths",
                "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
                400},
        Refusal{"BadChunk",
                "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400},
        Refusal{"HeadTooLarge",
                "GET / HTTP/1.1\r\nhost: h\r\nx: " + std::string(4000, 'x') + "\r\n\r\n", 431},
        Refusal{
            "BodyTooLarge",
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4000\r\n\r\n" + std::string(4000, 'x'),
            413},
        Refusal{"HeadTooSlow", "GET / HT", 408},
        Refusal{"BodyTooSlow", "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nab", 408}),
    [](const auto& row) { return row.param.name; });

TEST(Server, ClosesAnIdleConnectionWithoutAWord) {
  RunningServer server{Echo{}, {.idle_time = 20ms}};
  RawClient client(server.port());

  EXPECT_EQ(client.receive_all(), "");
}

// Streams

/// Sends a piece, and the next only when the test has seen the first.
struct StepByStep {
  std::atomic<bool>* first_seen;

  awaitable<void> operator()(const Request&, Responder& responder) const {
    AnswerHead head;
    co_await responder.begin(std::move(head));
    co_await responder.write("one");
    while (!*first_seen) co_await responder.wait(1ms);
    co_await responder.write("");
    co_await responder.write("two");
    co_await responder.end();
  }
};

TEST(Server, SendsEachPieceAtOnce) {
  std::atomic<bool> first_seen = false;
  RunningServer server{StepByStep{&first_seen}};
  std::string came;

  const auto answer = fetch({.port = server.port(), .on_body = [&](std::string_view piece) {
                               came.append(piece);
                               first_seen = true;
                               return true;
                             }});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(came, "onetwo");
  EXPECT_EQ(answer->header("transfer-encoding"), "chunked");
}

TEST(Server, EndsAStreamForAnOldClientWithTheConnection) {
  std::atomic<bool> first_seen = true;
  RunningServer server{StepByStep{&first_seen}};
  RawClient client(server.port());

  client.send("GET / HTTP/1.0\r\n\r\n");

  const std::string came = client.receive_all();
  EXPECT_THAT(came, Not(HasSubstr("chunked")));
  EXPECT_THAT(came, EndsWith("\r\n\r\nonetwo"));
}

// Handlers that fail

/// Does what the path says.
struct Unruly {
  awaitable<void> operator()(const Request& request, Responder& responder) const {
    AnswerHead head;
    if (request.path() == "/throws") throw std::runtime_error("boom");
    if (request.path() == "/says-nothing") co_return;
    if (request.path() == "/resets-before-the-head") co_return responder.reset();
    if (request.path() == "/not-http") {
      co_await responder.send_raw("\x16\x03garbage garbage\r\n\r\n");
      co_return;
    }
    if (request.path() == "/cuts-a-known-length") head.length = 10;
    co_await responder.begin(std::move(head));
    co_await responder.write("half");
    if (request.path() == "/throws-in-the-body") throw std::runtime_error("boom");
    if (request.path() == "/resets-in-the-body") co_return responder.reset();
    if (request.path() == "/ends-too-early") co_await responder.end();
  }
};

TEST(Server, AnswersForAHandlerThatDoesNot) {
  std::atomic<int> told = 0;
  RunningServer server{Unruly{}, {.on_error = [&](std::string_view what) {
                         EXPECT_EQ(what, "boom");
                         ++told;
                       }}};

  for (const char* target : {"/throws", "/says-nothing"}) {
    const auto answer = fetch({.port = server.port(), .target = target});
    ASSERT_TRUE(answer) << target << ": " << answer.error().message;
    EXPECT_EQ(answer->status, 500) << target;
  }
  server.stop();
  EXPECT_EQ(told, 1);
}

struct Breakage {
  const char* name;
  const char* target;
  FetchErrorKind kind;
};

void PrintTo(const Breakage& row, std::ostream* out) { *out << row.name; }

class ServerBreakage : public ::testing::TestWithParam<Breakage> {};

TEST_P(ServerBreakage, IsSeenByTheClientAsSuch) {
  RunningServer server{Unruly{}};

  const auto answer = fetch({.port = server.port(), .target = GetParam().target});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, GetParam().kind) << answer.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ServerBreakage,
    ::testing::Values(Breakage{"ThrowInTheBody", "/throws-in-the-body", FetchErrorKind::broken},
                      Breakage{"ReturnInTheBody", "/returns-in-the-body", FetchErrorKind::broken},
                      Breakage{"KnownLengthCut", "/cuts-a-known-length", FetchErrorKind::broken},
                      Breakage{"ResetBeforeTheHead", "/resets-before-the-head",
                               FetchErrorKind::broken},
                      Breakage{"ResetInTheBody", "/resets-in-the-body", FetchErrorKind::broken},
                      Breakage{"NotHttp", "/not-http", FetchErrorKind::malformed}),
    [](const auto& row) { return row.param.name; });

// Clients that leave, and the server's own end

/// Waits in the way the path says, and counts the waits that were ended.
struct Waits {
  std::atomic<int>* begun;
  std::atomic<int>* ended;

  awaitable<void> operator()(const Request& request, Responder& responder) const {
    ++*begun;
    if (request.path() == "/stall") {
      co_await responder.stall();
      ++*ended;
    } else {
      const bool stayed = co_await responder.wait(1h);
      if (!stayed) ++*ended;
    }
  }
};

void wait_until(const std::atomic<int>& count, int wanted) {
  while (count < wanted) std::this_thread::yield();
}

class ServerWait : public ::testing::TestWithParam<const char*> {
 protected:
  std::atomic<int> begun_ = 0;
  std::atomic<int> ended_ = 0;
  RunningServer server_{Waits{&begun_, &ended_}};
  std::string request_ = std::string("GET ") + GetParam() + " HTTP/1.1\r\nhost: h\r\n\r\n";
};

TEST_P(ServerWait, EndsWhenTheClientLeaves) {
  RawClient client(server_.port());
  client.send(request_);
  wait_until(begun_, 1);

  client.leave();

  wait_until(ended_, 1);
}

TEST_P(ServerWait, EndsWhenTheServerStops) {
  RawClient client(server_.port());
  client.send(request_);
  wait_until(begun_, 1);

  server_.stop();

  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(server_.server().sessions(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Ways, ServerWait, ::testing::Values("/stall", "/wait"),
                         [](const auto& row) { return std::string(row.param + 1); });

TEST(Server, SaysWhichAddressItCouldNotHave) {
  RunningServer first{Echo{}};
  boost::asio::io_context io;
  Server second(io, Echo{}, system_clock());

  const auto listening = second.listen("127.0.0.1", first.port());

  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error(), "cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                                   ": Address already in use");
}

TEST(Server, ListensOnIpv6) {
  boost::asio::io_context io;
  Server server(io, Echo{}, system_clock());

  const auto listening = server.listen("::1", 0);

  ASSERT_TRUE(listening) << listening.error();
  std::thread thread([&] { io.run(); });
  const auto answer = fetch({.host = "::1", .port = *listening});
  server.stop();
  thread.join();
  EXPECT_TRUE(answer) << answer.error().message;
}

}  // namespace
}  // namespace keypool::http
