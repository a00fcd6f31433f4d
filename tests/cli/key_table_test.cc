#include "cli/key_table.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBody = R"({"keys": [{
  "endpoint": "openai", "name": "OPENAI_API_KEY[1]", "state": "cooling", "reason": "rate limit",
  "until": "2026-11-24T08:00:12.000Z", "ready_in_ms": 12400, "in_flight": 3, "window_load": 5321.0,
  "total_requests": 1234, "successes": 1200, "failures": 4, "rate_limits": 30, "abandoned": 0,
  "success_rate": 0.99, "total_latency_ms": 1, "average_latency_ms": 1.0,
  "total_input_tokens": 1000000, "total_output_tokens": 234567,
  "last_rate_limit_at": null, "last_success_at": null}]})";

TEST(KeyRows, AreReadFromTheAdminApi) {
  const auto rows = key_rows(kBody);
  ASSERT_TRUE(rows) << rows.error();
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->front().name, "OPENAI_API_KEY[1]");
  EXPECT_EQ(rows->front().ready_in, 12'400ms);
  EXPECT_EQ(rows->front().tokens, 1'234'567);
}

TEST(KeyRows, RefuseWhatNoKeypoolSays) {
  for (const char* body : {"", "<html>", "[]", R"({"keys": 7})", R"({"keys": [{"name": "A"}]})"}) {
    EXPECT_FALSE(key_rows(body)) << body;
  }
}

TEST(KeyTable, IsReadableAtAGlance) {
  EXPECT_EQ(key_table(*key_rows(kBody)).render({}),
            "ENDPOINT  KEY                STATE    READY   IN FLIGHT  CALLS    OK  429  TOKENS  "
            "LOAD  WHY\n"
            "openai    OPENAI_API_KEY[1]  cooling  in 12s          3   1.2k  1.2k   30    1.2M  "
            "5.3k  rate limit\n");
}

}  // namespace
}  // namespace keypool::cli
