#include "admin/usage_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/usage_rows.h"
#include "provider/calendar.h"

namespace keypool::admin {
namespace {

using state::By;
using testing::ElementsAre;
using testing::HasSubstr;

std::expected<UsageQuery, std::string> read(std::string_view query) {
  return read_usage_query(query, *provider::parse_rfc3339("2026-11-24T13:20:00Z"));
}

std::string from_of(const UsageQuery& query) { return hour_text(*query.question.from); }
std::string to_of(const UsageQuery& query) { return hour_text(*query.question.until); }

TEST(UsageQuery, IsTheLastThirtyDaysByDayUnlessTold) {
  const auto query = read("");
  ASSERT_TRUE(query);
  EXPECT_EQ(from_of(*query), "2026-10-26T00:00:00Z");
  EXPECT_EQ(to_of(*query), "2026-11-24T14:00:00Z");
  EXPECT_THAT(query->question.by, ElementsAre(By::day));
  EXPECT_EQ(query->format, UsageQuery::Format::json);
}

TEST(UsageQuery, TakesDaysAndTimesAndWidensThemToHours) {
  const auto query = read("from=2026-11-01&to=2026-11-02T00:30:00Z&by=hour");
  ASSERT_TRUE(query) << query.error();
  EXPECT_EQ(from_of(*query), "2026-11-01T00:00:00Z");
  EXPECT_EQ(to_of(*query), "2026-11-02T01:00:00Z");
}

TEST(UsageQuery, CountsTheThirtyDaysBackFromItsEnd) {
  const auto query = read("to=2026-11-02T00:30:00Z");
  ASSERT_TRUE(query);
  EXPECT_EQ(from_of(*query), "2026-10-04T00:00:00Z");
}

TEST(UsageQuery, TellsGroupsApartInTheOrderAskedForAndEachOnce) {
  const auto query = read("by=none&group=model,client,model");
  ASSERT_TRUE(query);
  EXPECT_THAT(query->question.by, ElementsAre(By::model, By::client));
  EXPECT_EQ(query->period, "none");
}

TEST(UsageQuery, NarrowsToNames) {
  const auto query = read("endpoint=openai&key=A%5B0%5D&model=gpt-4.1&client=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->question.endpoint, "openai");
  EXPECT_EQ(query->question.key, "A[0]");
  EXPECT_EQ(query->question.model, "gpt-4.1");
  EXPECT_EQ(query->question.client, "") << "nobody in particular is somebody to ask for";
}

TEST(UsageQuery, NamesTheParameterThatIsWrong) {
  const struct {
    const char* query;
    const char* says;
  } rows[] = {
      {"from=yesterday", "`from` takes a day such as"},
      {"to=2026-13-01", "`to` takes a day such as"},
      {"from=2026-11-25", "`from` takes a time before `to`"},
      {"from=2026-11-02&to=2026-11-02", "`from` takes a time before `to`"},
      {"by=week", "`by` takes one of hour, day, month, none"},
      {"group=day", "`group` takes some of endpoint,key,model,client"},
      {"limit=0", "`limit` takes a number from 1 to 100000"},
      {"limit=100001", "`limit` takes a number from 1 to 100000"},
      {"offset=-1", "`offset` takes a number from 0"},
      {"format=xml", "`format` takes json or csv"},
  };
  for (const auto& row : rows) {
    const auto query = read(row.query);
    ASSERT_FALSE(query) << row.query;
    EXPECT_THAT(query.error(), HasSubstr(row.says)) << row.query;
  }
}

}  // namespace
}  // namespace keypool::admin
