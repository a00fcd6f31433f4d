#include "admin/usage_so_far.h"

#include <gtest/gtest.h>

#include "tests/admin/watched_pool.h"
#include "tests/pool/fake_clock.h"

namespace keypool::admin {
namespace {

using state::Figure;

class UsedSoFar : public testing::Test {
 protected:
  void use(const std::string& model, std::uint64_t tokens, std::string_view key = "A") {
    state::Figures figures;
    figures[Figure::succeeded] = 1;
    figures[Figure::input_tokens] = tokens;
    tally_.add({.endpoint = "openai", .key = key, .model = model, .figures = figures});
  }

  std::uint64_t input_of(const std::string& model, const std::string& key = "A") {
    const auto& all = used_.now();
    const auto one = all.find({"openai", key, model});
    return one == all.end() ? 0 : one->second[Figure::input_tokens];
  }

  WatchedPool watched_;
  FakeClock clock_;
  state::Store store_{{.folder = ":memory:"}};
  state::Ledger ledger_{store_, {.clock = &clock_, .every = std::chrono::milliseconds(0)}};
  state::Tally& tally_ = ledger_.new_tally();
  UsageSoFar used_{[this](const state::UsageQuestion& question) -> UsageRows {
                     if (broken_) return std::unexpected(state::StoreError{});
                     EXPECT_TRUE(ledger_.flush());
                     return state::usage(store_, question);
                   },
                   clock_};
  bool broken_ = false;
};

TEST_F(UsedSoFar, GrowsFromHourToHour) {
  use("gpt", 10);
  EXPECT_EQ(input_of("gpt"), 10u);
  EXPECT_EQ(input_of("gpt"), 10u) << "asking again counts nothing twice";
  use("gpt", 5);
  EXPECT_EQ(input_of("gpt"), 15u);
  clock_.advance(std::chrono::hours(3));
  EXPECT_EQ(input_of("gpt"), 15u);
  use("gpt", 1);
  EXPECT_EQ(input_of("gpt"), 16u);
}

TEST_F(UsedSoFar, KeepsWhatItKnewWhileTheLedgerCannotBeRead) {
  use("gpt", 10);
  EXPECT_EQ(input_of("gpt"), 10u);
  broken_ = true;
  EXPECT_EQ(input_of("gpt"), 10u);
}

TEST_F(UsedSoFar, TellsSoManyModelsApartAndTheOthersTogether) {
  for (std::size_t i = 0; i < UsageSoFar::kModelsToldApart; ++i) {
    use("model-" + std::to_string(i), 1);
    EXPECT_EQ(input_of("model-" + std::to_string(i)), 1u);
  }
  use("late", 7);
  use("later", 8);
  EXPECT_EQ(input_of("late"), 0u);
  EXPECT_EQ(input_of("other"), 15u);
  EXPECT_EQ(input_of("model-0"), 1u) << "a name once told stays";
}

TEST_F(UsedSoFar, TellsNothingOfAModelThatUsedNoTokens) {
  use("made-up", 0);
  EXPECT_TRUE(used_.now().empty());
}

}  // namespace
}  // namespace keypool::admin
