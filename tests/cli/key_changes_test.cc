#include "cli/key_changes.h"

#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'795'508'040'000ms};

Overview of(std::uint64_t ready, std::uint64_t keys) {
  Overview overview;
  overview.keys = keys;
  overview.states = {{"ready", ready}};
  return overview;
}

KeyRow resting(const std::string& name, const std::string& state) {
  KeyRow row;
  row.endpoint = "openai";
  row.name = name;
  row.state = state;
  row.reason = "rate limit";
  row.ready_in = 12s;
  return row;
}

TEST(KeyChanges, BeginWithTheWholeAndWhatIsOutOfService) {
  KeyChanges changes;
  const auto events = changes.seen(of(2, 3), {resting("A", "cooling")}, kNow);
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(event_text(events[0]), "2026-11-24T08:14:00Z  2 of 3 keys ready");
  EXPECT_EQ(event_text(events[1]),
            "2026-11-24T08:14:00Z  openai/A  ready → cooling  rate limit, ready in 12s");
}

TEST(KeyChanges, AreToldOnce) {
  KeyChanges changes;
  (void)changes.seen(of(2, 3), {resting("A", "cooling")}, kNow);
  EXPECT_TRUE(changes.seen(of(2, 3), {resting("A", "cooling")}, kNow).empty());
}

TEST(KeyChanges, TellFromWhichStateToWhich) {
  KeyChanges changes;
  (void)changes.seen(of(2, 3), {resting("A", "cooling")}, kNow);
  const auto worse = changes.seen(of(2, 3), {resting("A", "invalid")}, kNow);
  ASSERT_EQ(worse.size(), 1);
  EXPECT_EQ(worse[0].was, "cooling");
  EXPECT_EQ(worse[0].state, "invalid");
  const auto good = changes.seen(of(3, 3), {}, kNow);
  ASSERT_EQ(good.size(), 1);
  EXPECT_EQ(event_text(good[0]), "2026-11-24T08:14:00Z  openai/A  invalid → ready");
}

TEST(KeyChanges, TellOnceThatTheGatewayWentAndThatItIsBack) {
  KeyChanges changes;
  (void)changes.seen(of(3, 3), {}, kNow);
  EXPECT_EQ(changes.lost("connection refused", kNow).size(), 1);
  EXPECT_TRUE(changes.lost("connection refused", kNow).empty());
  const auto back = changes.seen(of(3, 3), {}, kNow);
  ASSERT_EQ(back.size(), 1);
  EXPECT_EQ(event_text(back[0]),
            "2026-11-24T08:14:00Z  the gateway answers again: 3 of 3 keys ready");
}

TEST(KeyChanges, AreOneJsonObjectEach) {
  KeyChanges changes;
  const auto events = changes.seen(of(2, 3), {resting("A", "cooling")}, kNow);
  EXPECT_EQ(event_json(events[0]),
            R"({"at":"2026-11-24T08:14:00Z","event":"begins","keys":3,"ready":2})");
  EXPECT_EQ(
      event_json(events[1]),
      R"({"at":"2026-11-24T08:14:00Z","endpoint":"openai","event":"key","name":"A","ready_in_ms":12000,"reason":"rate limit","state":"cooling","was":"ready"})");
}

}  // namespace
}  // namespace keypool::cli
