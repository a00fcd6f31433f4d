#include "admin/key_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

using std::chrono::milliseconds;

constexpr WallTime kNow{milliseconds(1'795'507'200'250)};  // 2026-11-24T08:00:00.250Z

TEST(Rfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(kNow), "2026-11-24T08:00:00.250Z");
  EXPECT_EQ(rfc3339(WallTime{milliseconds(7)}), "1970-01-01T00:00:00.007Z");
}

TEST(KeyJson, OfACoolingKeySaysWhyAndUntilWhen) {
  KeyStats key;
  key.name = "OPENAI_API_KEY[2]";
  key.state = KeyState::cooling;
  key.reason = "rate limit";
  key.until = kNow + milliseconds(12'500);
  key.rate_limits = 3;

  const auto json = key_json("openai", key, std::nullopt, kNow);

  EXPECT_EQ(json["endpoint"], "openai");
  EXPECT_EQ(json["name"], "OPENAI_API_KEY[2]");
  EXPECT_EQ(json["state"], "cooling");
  EXPECT_EQ(json["reason"], "rate limit");
  EXPECT_EQ(json["until"], "2026-11-24T08:00:12.750Z");
  EXPECT_EQ(json["ready_in_ms"], 12'500);
  EXPECT_EQ(json["rate_limits"], 3);
}

TEST(KeyJson, OfAReadyKeyHasNoTime) {
  const auto json = key_json("openai", KeyStats{}, std::nullopt, kNow);
  EXPECT_EQ(json["state"], "ready");
  EXPECT_TRUE(json["until"].is_null());
  EXPECT_TRUE(json["ready_in_ms"].is_null());
  EXPECT_TRUE(json["last_success_at"].is_null());
}

TEST(KeyJson, NeverCountsBelowZero) {
  KeyStats key;
  key.until = kNow - milliseconds(5);
  EXPECT_EQ(key_json("openai", key, std::nullopt, kNow)["ready_in_ms"], 0);
}

TEST(KeyJson, ShowsTheTightestLimit) {
  const TightestLimit tightest{
      "gpt-4.1", {Dimension::tokens_per_minute, LimitSource::reported, 30'000, 7'500.4}};
  const auto json = key_json("openai", KeyStats{}, tightest, kNow)["headroom"];
  EXPECT_EQ(json["model"], "gpt-4.1");
  EXPECT_EQ(json["dimension"], "tokens_per_minute");
  EXPECT_EQ(json["source"], "reported");
  EXPECT_EQ(json["limit"], 30'000);
  EXPECT_EQ(json["left"], 7'500);
}

}  // namespace
}  // namespace keypool::admin
