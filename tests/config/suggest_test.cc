#include "config/suggest.h"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace keypool::config {
namespace {

constexpr std::array<std::string_view, 5> kKnown = {"name", "base_url", "cooldown", "max_wait",
                                                    "keys"};

TEST(DidYouMean, FindsTheNearestName) {
  EXPECT_EQ(did_you_mean("coldown", kKnown), "; did you mean `cooldown`?");
  EXPECT_EQ(did_you_mean("nmae", kKnown), "; did you mean `name`?");
  EXPECT_EQ(did_you_mean("key", kKnown), "; did you mean `keys`?");
  EXPECT_EQ(did_you_mean("baseUrl", kKnown), "; did you mean `base_url`?");
  EXPECT_EQ(did_you_mean("MAX_WAIT", kKnown), "; did you mean `max_wait`?");
}

TEST(DidYouMean, SaysNothingWhenNoneIsNear) {
  EXPECT_EQ(did_you_mean("timeout", kKnown), "");
  EXPECT_EQ(did_you_mean("", kKnown), "");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'x'), kKnown), "");
}

}  // namespace
}  // namespace keypool::config
