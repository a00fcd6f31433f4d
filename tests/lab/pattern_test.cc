#include "lab/pattern.h"

#include <gtest/gtest.h>

namespace keypool::lab {
namespace {

TEST(Pattern, WithoutAStarFitsItselfOnly) {
  EXPECT_TRUE(matches("gpt-4", "gpt-4"));
  EXPECT_FALSE(matches("gpt-4", "gpt-4o"));
  EXPECT_FALSE(matches("gpt-4", "gpt"));
  EXPECT_TRUE(matches("", ""));
}

TEST(Pattern, StarStandsForAnythingOrNothing) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("gpt-*", "gpt-"));
  EXPECT_TRUE(matches("gpt-*-mini", "gpt-4.1-mini"));
  EXPECT_FALSE(matches("gpt-*-mini", "gpt-4.1-mini-2"));
  EXPECT_TRUE(matches("*/models/*:generate", "/v1beta/models/m:generate"));
  EXPECT_TRUE(matches("a*b*c", "aXbXbXc"));
}

}  // namespace
}  // namespace keypool::lab
