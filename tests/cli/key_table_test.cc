#include "cli/key_table.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBody = R"({"total": 7, "keys": [{
  "endpoint": "openai", "name": "OPENAI_API_KEY[1]", "state": "cooling", "reason": "rate limit",
  "until": "2026-11-24T08:00:12.000Z", "ready_in_ms": 12400, "in_flight": 3,
  "headroom": {"dimension": "tokens_per_minute", "source": "reported", "limit": 400, "left": 100.0,
               "model": "m"}, "window_load": 5321.0,
  "total_requests": 1234, "successes": 1200, "failures": 4, "rate_limits": 30, "abandoned": 0,
  "success_rate": 0.99, "total_latency_ms": 1, "average_latency_ms": 1.0,
  "total_input_tokens": 1000000, "total_output_tokens": 234567,
  "last_rate_limit_at": null, "last_success_at": null}]})";

TEST(KeyPage, IsReadFromTheAdminApi) {
  const auto page = key_page(kBody);
  ASSERT_TRUE(page) << page.error();
  EXPECT_EQ(page->total, 7);
  ASSERT_EQ(page->keys.size(), 1);
  const KeyRow& key = page->keys.front();
  EXPECT_EQ(key.name, "OPENAI_API_KEY[1]");
  EXPECT_EQ(key.ready_in, 12'400ms);
  EXPECT_EQ(key.tokens, 1'234'567);
  ASSERT_TRUE(key.headroom);
  EXPECT_DOUBLE_EQ(key.headroom->share_left, 0.25);
}

TEST(KeyPage, RefusesWhatNoKeypoolSays) {
  for (const char* body : {"", "<html>", "[]", R"({"total": 7, "keys": 7})",
                           R"({"total": 7, "keys": [{"name": "A"}]})"}) {
    EXPECT_FALSE(key_page(body)) << body;
  }
}

TEST(KeyTable, IsReadableAtAGlance) {
  EXPECT_EQ(key_table(key_page(kBody)->keys).render({}),
            "ENDPOINT  KEY                STATE    READY   IN FLIGHT  CALLS    OK  429  TOKENS  "
            "LOAD  WHY\n"
            "openai    OPENAI_API_KEY[1]  cooling  in 12s          3   1.2k  1.2k   30    1.2M  "
            "5.3k  rate limit\n");
}

}  // namespace
}  // namespace keypool::cli
