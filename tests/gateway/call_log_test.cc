#include "gateway/call_log.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::gateway {
namespace {

using state::CallQuestion;
using testing::ElementsAre;
using testing::IsEmpty;

const state::Figures kNothing;

EndedCall call_of_model(std::string_view model) {
  return {.at = {}, .endpoint = "openai", .model = model, .used = kNothing};
}

std::vector<std::string> models(const CallLog& log, const CallQuestion& question = {}) {
  std::vector<std::string> names;
  for (const auto& call : log.read(question)) names.push_back(call.model);
  return names;
}

TEST(CallLog, TellsTheNewestFirstAcrossReactors) {
  CallLog log(10);
  CallRing& one = log.new_ring();
  CallRing& other = log.new_ring();
  one.add(call_of_model("first"));
  other.add(call_of_model("second"));
  one.add(call_of_model("third"));
  EXPECT_THAT(models(log), ElementsAre("third", "second", "first"));
}

TEST(CallLog, ForgetsTheOldest) {
  CallLog log(3);
  CallRing& ring = log.new_ring();
  for (int i = 0; i < 100; ++i) ring.add(call_of_model(std::to_string(i)));
  EXPECT_THAT(models(log), ElementsAre("99", "98", "97"));
}

TEST(CallLog, GoesOnWhereAPageEnded) {
  CallLog log(100);
  CallRing& ring = log.new_ring();
  for (int i = 0; i < 50; ++i) ring.add(call_of_model(std::to_string(i)));
  const auto page = log.read({.limit = 2});
  ASSERT_EQ(page.size(), 2u);
  EXPECT_THAT(models(log, {.limit = 2, .before = page.back().id}), ElementsAre("47", "46"));
  EXPECT_THAT(models(log, {.after = page.back().id}), ElementsAre("49"));
}

TEST(CallLog, TellsOnlyWhatIsAskedFor) {
  CallLog log(10);
  CallRing& ring = log.new_ring();
  const std::vector<state::TryRecord> tries{{.key = "A"}, {.key = "B"}};
  ring.add({.at = {},
            .client = "ci",
            .endpoint = "openai",
            .model = "gpt",
            .used = kNothing,
            .tries = tries});
  ring.add({.at = {}, .outcome = Outcome::refused, .used = kNothing});

  EXPECT_EQ(log.read({.endpoint = "openai"}).size(), 1u);
  EXPECT_EQ(log.read({.key = "B"}).size(), 1u) << "any try counts";
  EXPECT_EQ(log.read({.client = ""}).size(), 1u) << "nobody in particular";
  EXPECT_EQ(log.read({.outcome = "refused"}).size(), 1u);
  EXPECT_THAT(log.read({.model = "other"}), IsEmpty());
}

TEST(CallLog, CutsLongNamesBetweenCharacters) {
  CallLog log(1);
  const std::string long_name = std::string(127, 'x') + "ä" + std::string(1000, 'y');
  log.new_ring().add(call_of_model(long_name));
  EXPECT_THAT(models(log), ElementsAre(std::string(127, 'x')));
}

TEST(CallLog, KeepsNothingWhereNothingIsToBeKept) {
  CallLog log(0);
  log.new_ring().add(call_of_model("m"));
  EXPECT_THAT(models(log), IsEmpty());
}

}  // namespace
}  // namespace keypool::gateway
