#include "admin/key_query.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(KeyQuery, AsksForTheFirstHundredInOrderOfRegistration) {
  const auto query = read_key_query("");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->sort, SortKeysBy::registration);
  EXPECT_EQ(query->offset, 0);
  EXPECT_EQ(query->limit, 100);
  EXPECT_TRUE(query->states.empty());
}

TEST(KeyQuery, ReadsEveryParameter) {
  const auto query = read_key_query(
      "endpoint=openai&state=cooling,depleted&search=Team%20A&sort=load&order=desc&offset=200&"
      "limit=50");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->endpoint, "openai");
  EXPECT_THAT(query->states, ElementsAre(KeyState::cooling, KeyState::depleted));
  EXPECT_EQ(query->search, "team a");
  EXPECT_EQ(query->sort, SortKeysBy::load);
  EXPECT_TRUE(query->descending);
  EXPECT_EQ(query->offset, 200);
  EXPECT_EQ(query->limit, 50);
}

TEST(KeyQuery, SaysWhatAParameterTakes) {
  struct Row {
    std::string query;
    std::string says;
  };
  const Row rows[] = {{"state=broken", "ready,cooling"},
                      {"sort=colour", "registration, name"},
                      {"order=up", "asc or desc"},
                      {"offset=-1", "`offset`"},
                      {"limit=0", "from 1 to 100000"},
                      {"limit=100001", "from 1 to 100000"},
                      {"limit=ten", "`limit` takes a number"}};
  for (const Row& row : rows) {
    const auto query = read_key_query(row.query);
    ASSERT_FALSE(query) << row.query;
    EXPECT_THAT(query.error(), HasSubstr(row.says));
  }
}

}  // namespace
}  // namespace keypool::admin
