#include "http/client.h"

#include <chrono>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"
#include "tests/http/running_server.h"

namespace keypool::http {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Says the bytes it was made with, whatever the request.
struct Says {
  std::string bytes;

  awaitable<void> operator()(const Request&, Responder& responder) const {
    co_await responder.send_raw(bytes);
  }
};

struct Silent {
  awaitable<void> operator()(const Request&, Responder& responder) const {
    return responder.stall();
  }
};

/// A stream without an end.
struct Endless {
  awaitable<void> operator()(const Request&, Responder& responder) const {
    AnswerHead head;
    co_await responder.begin(std::move(head));
    const std::string piece(1000, 'x');
    while (co_await responder.write(piece)) {
    }
  }
};

std::uint16_t free_port() { return RunningServer{Silent{}}.port(); }

TEST(Client, SaysWhoRefusedTheConnection) {
  const std::uint16_t port = free_port();

  const auto answer = fetch({.port = port});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FetchErrorKind::unreachable);
  EXPECT_EQ(answer.error().message, "connection refused: 127.0.0.1:" + std::to_string(port));
}

TEST(Client, SaysWhenThereIsNoSuchHost) {
  const auto answer = fetch({.host = "host.invalid", .port = 1});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FetchErrorKind::unreachable);
  EXPECT_EQ(answer.error().message, "no such host: host.invalid:1");
}

TEST(Client, FindsLocalhostByName) {
  RunningServer server{Says{"HTTP/1.1 204 No Content\r\n\r\n"}};

  const auto answer = fetch({.host = "localhost", .port = server.port()});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 204);
}

TEST(Client, GivesUpAtTheDeadline) {
  RunningServer server{Silent{}};

  const auto answer = fetch({.port = server.port(), .deadline = 20ms});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FetchErrorKind::timed_out);
  EXPECT_EQ(answer.error().message,
            "no whole answer within 20 ms: 127.0.0.1:" + std::to_string(server.port()));
}

TEST(Client, GivesUpAtTheDeadlineAlsoWhileBytesCome) {
  RunningServer server{Endless{}};

  const auto answer = fetch(
      {.port = server.port(), .deadline = 20ms, .on_body = [](std::string_view) { return true; }});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FetchErrorKind::timed_out);
}

TEST(Client, HoldsNoMoreOfABodyThanItWasAllowed) {
  RunningServer server{Endless{}};

  const auto answer = fetch({.port = server.port(), .max_body_bytes = 5000});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FetchErrorKind::too_large);
}

TEST(Client, HangsUpWhenTheCallerHasEnough) {
  RunningServer server{Endless{}};
  std::size_t came = 0;

  const auto answer = fetch({.port = server.port(), .on_body = [&](std::string_view piece) {
                               came += piece.size();
                               return came < 5000;
                             }});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_GE(came, 5000u);
}

TEST(Client, TellsTheHeadBeforeTheBody) {
  RunningServer server{Endless{}};
  int status = 0;

  const auto answer = fetch({.port = server.port(),
                             .on_body =
                                 [&](std::string_view) {
                                   EXPECT_EQ(status, 200);
                                   return false;
                                 },
                             .on_head = [&](const Answer& head) { status = head.status; }});

  ASSERT_TRUE(answer) << answer.error().message;
}

struct Row {
  const char* name;
  std::string said;
  FetchErrorKind kind;
  const char* message;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class ClientError : public ::testing::TestWithParam<Row> {};

TEST_P(ClientError, SaysWhatWentWrongAndWhere) {
  RunningServer server{Says{GetParam().said}};

  const auto answer = fetch({.port = server.port()});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, GetParam().kind);
  EXPECT_THAT(answer.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(answer.error().message, EndsWith(": 127.0.0.1:" + std::to_string(server.port())));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ClientError,
    ::testing::Values(
        Row{"NothingSaid", "", FetchErrorKind::broken,
            "the connection ended before an answer came"},
        Row{"HalfAHead", "HTTP/1.1 200 OK\r\nconte", FetchErrorKind::broken,
            "ended before an answer"},
        Row{"HalfABody", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", FetchErrorKind::broken,
            "ended in the middle of the answer"},
        Row{"HalfAChunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf",
            FetchErrorKind::broken, "ended in the middle of the answer"},
        Row{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n", FetchErrorKind::malformed, "not HTTP"},
        Row{"BadChunkSize", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnine\r\n",
            FetchErrorKind::malformed, "not HTTP"}),
    [](const auto& row) { return row.param.name; });

TEST(Client, ReadsPastInterimAnswers) {
  RunningServer server{Says{
      "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"}};

  const auto answer = fetch({.port = server.port()});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hi");
}

TEST(Client, ReadsABodyThatEndsWithTheConnection) {
  RunningServer server{Says{"HTTP/1.0 200 OK\r\n\r\nall of it"}};

  const auto answer = fetch({.port = server.port()});

  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "all of it");
}

TEST(Client, RunsManyAtOnceOnOneThread) {
  RunningServer server{Says{"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"}};
  boost::asio::io_context io(1);
  int good = 0;
  auto count = [&](std::exception_ptr, std::expected<Answer, FetchError> answer) {
    good += answer && answer->body == "hi";
  };

  const Fetch request{.port = server.port()};
  for (int i = 0; i < 50; ++i) boost::asio::co_spawn(io, async_fetch(request), count);
  io.run();

  EXPECT_EQ(good, 50);
}

}  // namespace
}  // namespace keypool::http
