#include "admin/json_answer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

TEST(ErrorAnswer, IsJsonWithCodeAndMessage) {
  const auto answer = error_answer(404, "not_found", "no \"such\" thing");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_NE(answer.body.find(R"("message": "no \"such\" thing")"), std::string::npos);
}

TEST(JsonAnswer, TakesBytesThatAreNoUtf8) {
  EXPECT_EQ(one_line({{"name", "A\xff"}}), "{\"name\":\"A\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace keypool::admin
