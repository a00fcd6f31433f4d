#include "admin/key_list.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::ElementsAre;

class KeyList : public testing::Test {
 protected:
  KeyList() { watched_.add_crowd("crowd", 5); }

  json ask(const std::string& query) {
    return json::parse(watched_.ask("GET", "/api/v1/keys?" + query).body);
  }

  std::vector<std::string> names(const std::string& query) {
    const json page = ask("endpoint=crowd&" + query);
    std::vector<std::string> names;
    for (const json& key : page["keys"]) names.push_back(key["name"]);
    return names;
  }

  WatchedPool watched_;
};

TEST_F(KeyList, ShowsOnePageOfAllKeys) {
  const auto page = ask("offset=2&limit=3");
  EXPECT_EQ(page["total"], 7);
  EXPECT_EQ(page["offset"], 2);
  EXPECT_EQ(page["limit"], 3);
  ASSERT_EQ(page["keys"].size(), 3);
  EXPECT_EQ(page["keys"][0]["name"], "K0");
}

TEST_F(KeyList, BeyondTheLastPageIsEmpty) {
  EXPECT_TRUE(ask("offset=1000")["keys"].empty());
  EXPECT_EQ(ask("offset=1000")["total"], 7);
}

TEST_F(KeyList, FiltersByStateAndCountsTheOthers) {
  watched_.pool.disable_key("crowd", "K1");
  watched_.pool.report_rate_limit("crowd", "K3", milliseconds(60'000));

  const auto page = ask("endpoint=crowd&state=disabled,cooling");

  EXPECT_THAT(names("state=disabled,cooling"), ElementsAre("K1", "K3"));
  EXPECT_EQ(page["total"], 2);
  EXPECT_EQ(page["states"]["ready"], 3);
  EXPECT_EQ(page["states"]["disabled"], 1);
  EXPECT_EQ(page["states"]["cooling"], 1);
}

TEST_F(KeyList, IsSearchedByNameAndReason) {
  watched_.pool.disable_key("crowd", "K1");
  EXPECT_THAT(names("search=k4"), ElementsAre("K4"));
  EXPECT_THAT(names("search=OPERATOR"), ElementsAre("K1"));
}

TEST_F(KeyList, SortsByFigures) {
  watched_.pool.report_rate_limit("crowd", "K2", milliseconds(60'000));
  watched_.pool.report_rate_limit("crowd", "K2", milliseconds(60'000));
  watched_.pool.report_rate_limit("crowd", "K4", milliseconds(30'000));
  EXPECT_THAT(names("sort=rate_limits&order=desc"), ElementsAre("K2", "K4", "K0", "K1", "K3"));
  EXPECT_THAT(names("sort=until&limit=2"), ElementsAre("K4", "K2"));
  EXPECT_THAT(names("sort=name&order=desc&limit=2"), ElementsAre("K4", "K3"));
  EXPECT_THAT(names("order=desc&limit=1"), ElementsAre("K4"));
}

TEST_F(KeyList, SortsByWhatIsLeftOfTheTightestLimit) {
  for (const auto& [name, limit] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"K1", 2000}, {"K3", 500}}) {
    watched_.pool.configure_key(
        "crowd", name, {.limits = {{.model = "*", .limits = {.most = {{0, limit, 0, 0, 0, 0}}}}}});
  }
  for (const char* name : {"K0", "K2", "K4"}) watched_.pool.disable_key("crowd", name);
  const LeaseRequest call{
      .model = "m", .estimated_input_tokens = 99, .estimated_output_tokens = 1, .avoid = {}};
  const auto one = watched_.pool.lease("crowd", call);
  const auto other = watched_.pool.lease("crowd", call);
  ASSERT_TRUE(one && other);
  EXPECT_THAT(names("sort=headroom&limit=2"), ElementsAre("K3", "K1"));
  EXPECT_THAT(names("sort=headroom&order=desc&limit=1"), ElementsAre("K0"));
}

TEST_F(KeyList, OfSortedEqualsKeepsTheOrderOfRegistration) {
  EXPECT_THAT(names("sort=load"), ElementsAre("K0", "K1", "K2", "K3", "K4"));
  EXPECT_THAT(names("sort=load&order=desc"), ElementsAre("K0", "K1", "K2", "K3", "K4"));
}

}  // namespace
}  // namespace keypool::admin
