#include "admin/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::admin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(PercentDecoded, TurnsEscapesBack) {
  EXPECT_EQ(percent_decoded("OPENAI_API_KEY%5B2%5d"), "OPENAI_API_KEY[2]");
  EXPECT_EQ(percent_decoded("plain"), "plain");
}

TEST(PercentDecoded, RefusesWhatIsNoEscape) {
  for (const char* broken : {"%", "a%2", "%zz", "%-1", "%+1", "%00"}) {
    EXPECT_EQ(percent_decoded(broken), std::nullopt) << broken;
  }
}

TEST(PathSegments, AreDecodedAfterTheyAreSplit) {
  EXPECT_THAT(path_segments("/keys/a%2Fb/reset"), Optional(ElementsAre("keys", "a/b", "reset")));
}

TEST(PathSegments, OfTheRootAreNone) { EXPECT_THAT(path_segments("/"), Optional(IsEmpty())); }

TEST(QueryValue, IsTheFirstOfItsName) {
  EXPECT_EQ(query_value("a=1&endpoint=open%61i&endpoint=other", "endpoint"), "openai");
}

TEST(QueryValue, IsNothingWhereTheNameIsOnlyPartOfAnother) {
  EXPECT_EQ(query_value("endpoints=x&my-endpoint=y", "endpoint"), std::nullopt);
}

}  // namespace
}  // namespace keypool::admin
