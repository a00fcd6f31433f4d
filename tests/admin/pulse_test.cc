#include "admin/pulse.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"
#include "tests/pool/fake_clock.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

class PulseOfAGateway : public testing::Test {
 protected:
  /// What the next beat says of keys.
  json next_changes() {
    clock_.advance(Pulse::kEvery);
    const std::string& beat = pulse_.beat();
    const std::string mark = "event: keys\ndata: ";
    return json::parse(beat.substr(beat.find(mark) + mark.size()));
  }

  WatchedPool watched_;
  FakeClock clock_;
  Subject subject_ = watched_.subject(clock_);
  Pulse pulse_{subject_};
};

TEST_F(PulseOfAGateway, BeginsWithAnOverviewAndNoChange) {
  EXPECT_THAT(pulse_.beat(), HasSubstr("event: overview\ndata: {"));
  EXPECT_THAT(pulse_.beat(), HasSubstr("event: keys\ndata: {\"keys\":[],\"left_out\":0}"));
}

TEST_F(PulseOfAGateway, IsTheSameForAllWhoAskWithinASecond) {
  EXPECT_THAT(pulse_.beat(), HasSubstr("id: 1\n"));
  EXPECT_THAT(pulse_.beat(), HasSubstr("id: 1\n"));
  clock_.advance(Pulse::kEvery);
  EXPECT_THAT(pulse_.beat(), HasSubstr("id: 2\n"));
}

TEST_F(PulseOfAGateway, TellsOnceOfAKeyThatChanged) {
  next_changes();
  watched_.pool.disable_key("openai", "OPENAI_API_KEY[1]");
  const auto changes = next_changes();
  ASSERT_EQ(changes["keys"].size(), 1);
  EXPECT_EQ(changes["keys"][0]["name"], "OPENAI_API_KEY[1]");
  EXPECT_EQ(changes["keys"][0]["state"], "disabled");
  EXPECT_TRUE(next_changes()["keys"].empty());
}

TEST_F(PulseOfAGateway, TellsOfAKeyThatWasUsed) {
  next_changes();
  const auto lease = watched_.pool.lease("openai");
  ASSERT_TRUE(lease);
  EXPECT_EQ(next_changes()["keys"][0]["in_flight"], 1);
}

TEST_F(PulseOfAGateway, OfACrowdTellsChangesOfStateAlone) {
  watched_.add_crowd("crowd", kKeysToldApart + 1);
  next_changes();
  const auto lease = watched_.pool.lease("crowd");
  watched_.pool.disable_key("crowd", "K7");
  const auto changes = next_changes();
  ASSERT_EQ(changes["keys"].size(), 1);
  EXPECT_EQ(changes["keys"][0]["name"], "K7");
}

TEST_F(PulseOfAGateway, SaysHowManyItLeftOut) {
  watched_.add_crowd("crowd", 400);
  next_changes();
  for (int i = 0; i < 400; ++i) watched_.pool.disable_key("crowd", "K" + std::to_string(i));
  const auto changes = next_changes();
  EXPECT_EQ(changes["keys"].size() + changes["left_out"].get<std::size_t>(), 400);
  EXPECT_GT(changes["left_out"], 0);
}

TEST_F(PulseOfAGateway, TellsOfCallsThatEndedSinceTheLastBeatTheOldestFirst) {
  watched_.calls = {{.id = 5}};
  EXPECT_THAT(pulse_.beat(), testing::Not(HasSubstr("event: call\n"))) << "that is history";
  watched_.calls = {{.id = 7}, {.id = 6}, {.id = 5}};
  clock_.advance(Pulse::kEvery);
  const std::string beat = pulse_.beat();
  const auto older = beat.find("\"id\":6");
  const auto newer = beat.find("\"id\":7");
  EXPECT_NE(older, std::string::npos);
  EXPECT_LT(older, newer);
  EXPECT_THAT(beat, testing::Not(HasSubstr("\"id\":5")));
  clock_.advance(Pulse::kEvery);
  EXPECT_THAT(pulse_.beat(), testing::Not(HasSubstr("event: call\n")));
}

}  // namespace
}  // namespace keypool::admin
