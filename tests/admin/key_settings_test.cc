#include "admin/key_settings.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/admin/watched_pool.h"

namespace keypool::admin {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A variable of the environment, as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(AddKey, TakesTheKeysThatANameResolvesTo) {
  const Variable variable("KEYPOOL_TEST_ADDED", "sk-marker-9f3c-a,sk-marker-9f3c-b");
  WatchedPool watched;
  const auto answer =
      watched.ask("POST", "/api/v1/keys", R"({"endpoint": "empty", "name": "KEYPOOL_TEST_ADDED"})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["added"],
            json::parse(R"(["KEYPOOL_TEST_ADDED[0]", "KEYPOOL_TEST_ADDED[1]"])"));
  EXPECT_EQ(watched.pool.available_keys("empty"), 2u);
  EXPECT_THAT(watched.audited, ElementsAre(HasSubstr("add of \"KEYPOOL_TEST_ADDED\"")));
  EXPECT_THAT(answer.body, Not(HasSubstr(kMarker)));
}

TEST(AddKey, AddsNothingTwice) {
  const Variable variable("KEYPOOL_TEST_TWICE", "sk-a");
  WatchedPool watched;
  const char* body = R"({"endpoint": "empty", "name": "KEYPOOL_TEST_TWICE"})";
  EXPECT_EQ(watched.ask("POST", "/api/v1/keys", body).status, 201);
  EXPECT_EQ(watched.ask("POST", "/api/v1/keys", body).status, 200);
  EXPECT_EQ(watched.pool.available_keys("empty"), 1u);
}

TEST(AddKey, RefusesWhatIsNoName) {
  const struct {
    const char* body;
    int status;
    const char* says;
  } rows[] = {
      {"", 400, "expected a JSON body"},
      {R"({"endpoint": "nowhere", "name": "A"})", 404, "no endpoint"},
      {R"({"endpoint": "empty", "name": "sk-marker-9f3c"})", 400, "`name` takes the name"},
      {R"({"endpoint": "empty"})", 400, "`name` takes the name"},
      {R"({"endpoint": "empty", "name": "A", "secret": "sk-marker-9f3c"})", 400, "secrets put"},
      {R"({"endpoint": "empty", "name": "A", "weight": 0})", 400, "`weight` takes"},
      {R"({"endpoint": "empty", "name": "KEYPOOL_TEST_NOWHERE"})", 422, "name_not_found"},
  };
  for (const auto& row : rows) {
    WatchedPool watched;
    const auto answer = watched.ask("POST", "/api/v1/keys", row.body);
    EXPECT_EQ(answer.status, row.status) << row.body;
    EXPECT_THAT(answer.body, HasSubstr(row.says)) << row.body;
    EXPECT_THAT(answer.body, Not(HasSubstr(kMarker))) << row.body;
    EXPECT_THAT(watched.audited, IsEmpty()) << row.body;
  }
}

TEST(KeyWeight, IsSetForOneKeyAndWrittenDown) {
  WatchedPool watched;
  const auto answer =
      watched.ask("POST", "/api/v1/keys/openai/OPENAI_API_KEY%5B0%5D/weight", R"({"weight": 2.5})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["weight"], 2.5);
  EXPECT_THAT(watched.audited, ElementsAre(HasSubstr("weight of \"OPENAI_API_KEY[0]\"")));
}

TEST(KeyWeight, IsANumberAboveZeroOfAKeyThatThereIs) {
  WatchedPool watched;
  const std::string path = "/api/v1/keys/openai/";
  EXPECT_EQ(watched.ask("POST", path + "X/weight", R"({"weight": 2})").status, 404);
  for (const char* body :
       {"", "{}", R"({"weight": 0})", R"({"weight": "2"})", R"({"weight": -1})"}) {
    EXPECT_EQ(watched.ask("POST", path + "OPENAI_API_KEY%5B0%5D/weight", body).status, 400) << body;
  }
  EXPECT_THAT(watched.audited, IsEmpty());
}

}  // namespace
}  // namespace keypool::admin
