#include "tests/hostile/expect.h"

#include <gtest/gtest.h>

namespace keypool::hostile {
using gateway::testing::Message;
using gateway::testing::Wire;

void expect_one_framing(const Message& answer) {
  const auto lengths = answer.headers.count("content-length");
  const auto codings = answer.headers.count("transfer-encoding");
  EXPECT_LE(lengths + codings, 1u) << answer.start;
  const int status = answer.status();
  if (status < 200 || status == 204) EXPECT_EQ(lengths + codings, 0u) << answer.start;
}

void expect_answers(const Case& row, Wire wire, Sends sends, std::string_view probe) {
  if (sends == Sends::bytewise) {
    wire.send_bytewise(row.request);
  } else {
    wire.send(row.request);
  }
  if (row.client_sends_no_more) {
    wire.shut_down();
  } else if (!row.stays_open) {
    wire.send(probe);
  }

  const bool to_head = row.request.starts_with("HEAD ");
  for (const int status : row.answers) {
    const auto answer = wire.read(to_head);
    ASSERT_TRUE(answer) << "expected " << status;
    EXPECT_EQ(answer->status(), status) << answer->body;
    EXPECT_TRUE(answer->whole);
    expect_one_framing(*answer);
    const bool last = &status == &row.answers.back();
    if (last) {
      expect_head(*answer, row);
      if (!row.stays_open) EXPECT_EQ(answer->header("connection"), "close");
    }
  }
  if (row.stays_open) {
    wire.send(probe);
    const auto answer = wire.read();
    ASSERT_TRUE(answer) << "expected the connection to stay";
    EXPECT_EQ(answer->status(), 200) << answer->body;
  } else {
    const auto more = wire.read();
    EXPECT_FALSE(more) << "expected the end, got " << more->start;
    EXPECT_NE(wire.wait_for_end(), Wire::End::open);
  }
}

void expect_head(const Message& message, const Case& row) {
  for (const auto& line : row.answer_has) {
    const auto colon = line.find(':');
    EXPECT_EQ(message.header(line.substr(0, colon)), line.substr(colon + 2));
  }
  for (const auto& name : row.answer_lacks) EXPECT_FALSE(message.has(name)) << name;
}

}  // namespace keypool::hostile
