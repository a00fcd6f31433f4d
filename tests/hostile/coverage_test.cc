// That the tables are what they claim to be.
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hostile/case_file.h"

namespace keypool::hostile {
namespace {

TEST(HostileCases, EachNamesItsRuleAndIsOneOfItsKind) {
  const std::regex rule("RFC [0-9]+ §[0-9]+(\\.[0-9]+)*");
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(KEYPOOL_HOSTILE_CASES)) {
    if (entry.path().extension() != ".cases") continue;
    std::set<std::string> messages;
    for (const auto& row : read_cases(entry.path())) {
      SCOPED_TRACE(row.place);
      EXPECT_TRUE(std::regex_match(row.rule, rule)) << row.rule;
      EXPECT_FALSE(row.request.empty() && row.response.empty() && row.finish == Case::Finish::stays)
          << "it says nothing";
      const auto finish = std::to_string(static_cast<int>(row.finish));
      EXPECT_TRUE(messages.insert(row.request + '\0' + row.response + finish).second)
          << "the same as another one: " << row.name;
      ++count;
    }
  }
  EXPECT_GE(count, 400u);
}

}  // namespace
}  // namespace keypool::hostile
