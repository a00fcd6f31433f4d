#include "gateway/attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::gateway {
namespace {

using provider::VerdictKind;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

constexpr KeyId kA{1};
constexpr KeyId kB{2};

TEST(Fault, IsDecidedByTheVerdict) {
  const struct {
    VerdictKind verdict;
    Fault fault;
  } rows[] = {
      {VerdictKind::success, Fault::none},          {VerdictKind::throttled, Fault::key},
      {VerdictKind::depleted, Fault::key},          {VerdictKind::bad_key, Fault::key},
      {VerdictKind::no_model_access, Fault::key},   {VerdictKind::overloaded, Fault::endpoint},
      {VerdictKind::server_error, Fault::endpoint}, {VerdictKind::request_fault, Fault::request},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(fault_of({.kind = row.verdict}), row.fault) << to_string(row.verdict);
  }
}

TEST(Fault, OfACallThatIsOnlyTooLargeForThisLaneIsTheLanes) {
  EXPECT_EQ(fault_of({.kind = VerdictKind::request_fault, .larger_lane_may_serve = true}),
            Fault::lane);
}

TEST(Attempts, AConflictIsWaitedOutOnce) {
  Attempts attempts(3);
  EXPECT_EQ(attempts.pause_after_conflict(), 500ms);
  EXPECT_EQ(attempts.pause_after_conflict(), std::nullopt);
  EXPECT_FALSE(attempts.exhausted()) << "it is no failure of the endpoint";
}

TEST(Attempts, AnyNumberOfRefusedKeysIsFree) {
  Attempts attempts(1);
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(attempts.worth_trying(KeyId{i}));
    attempts.refused(KeyId{i});
  }
  EXPECT_EQ(attempts.used().size(), 100u);
}

TEST(Attempts, RemembersWhichKeysWereUsed) {
  Attempts attempts(3);
  EXPECT_TRUE(attempts.worth_trying(kA));
  EXPECT_TRUE(attempts.worth_trying(kB));
  EXPECT_TRUE(attempts.worth_trying(kA)) << "it was not refused";
  EXPECT_THAT(attempts.used(), ElementsAre(kA, kB));
}

TEST(Attempts, AKeyThatWasRefusedMayComeBackWhateverIsAllowed) {
  Attempts attempts(1);
  EXPECT_TRUE(attempts.worth_trying(kA));
  attempts.refused(kA);
  EXPECT_TRUE(attempts.worth_trying(kA)) << "it has rested";
}

TEST(Attempts, AKeyThatIsRefusedAgainAndAgainIsGivenUp) {
  Attempts attempts(1);
  EXPECT_TRUE(attempts.worth_trying(kA));
  attempts.refused(kA);
  int returns = 0;
  while (returns < 1000 && attempts.worth_trying(kA)) ++returns;
  EXPECT_EQ(returns, 16);
}

TEST(Attempts, AKeyWhoseLimitsAreTooSmallNeverComesBack) {
  Attempts attempts(3);
  EXPECT_TRUE(attempts.worth_trying(kA));
  attempts.too_small(kA);
  EXPECT_FALSE(attempts.worth_trying(kA));
  EXPECT_TRUE(attempts.worth_trying(kB));
}

TEST(Attempts, FailuresOfTheEndpointAreBounded) {
  Attempts attempts(3);
  EXPECT_EQ(attempts.pause_after_failure({}), 100ms);
  EXPECT_EQ(attempts.pause_after_failure({}), 200ms);
  EXPECT_EQ(attempts.pause_after_failure({}), std::nullopt);
}

TEST(Attempts, OneAllowedMeansNoSecond) {
  Attempts attempts(1);
  EXPECT_EQ(attempts.pause_after_failure({}), std::nullopt);
}

TEST(Attempts, PausesGrowToABound) {
  Attempts attempts(20);
  auto longest = 0ms;
  for (int i = 0; i < 19; ++i) longest = *attempts.pause_after_failure({});
  EXPECT_EQ(longest, 2000ms);
}

TEST(Attempts, AHintLengthensThePause) {
  Attempts attempts(5);
  EXPECT_EQ(attempts.pause_after_failure(1500ms), 1500ms);
  EXPECT_EQ(attempts.pause_after_failure(1ms), 200ms) << "never shorter than our own";
}

TEST(Attempts, AHintBeyondWhatAClientIsKeptForEndsTheTries) {
  Attempts attempts(5);
  EXPECT_EQ(attempts.pause_after_failure(30s), std::nullopt);
}

}  // namespace
}  // namespace keypool::gateway
