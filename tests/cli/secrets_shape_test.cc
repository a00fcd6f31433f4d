#include "cli/secrets_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::cli {
namespace {

using testing::HasSubstr;

const std::string kAnthropic = "sk-ant-api03-" + std::string(40, 'a');
const std::string kOpenAi = "sk-proj-" + std::string(40, 'a');
const std::string kBare = "sk-" + std::string(32, 'a');

struct Row {
  const char* what;
  std::string name;
  std::string value;
  bool warns;
};

class Misfit : public testing::TestWithParam<Row> {};

TEST_P(Misfit, IsToldOnlyWhereTheKeyIsClearlyAnotherProviders) {
  const auto& row = GetParam();
  EXPECT_EQ(misfit(row.name, row.value).has_value(), row.warns);
}

INSTANTIATE_TEST_SUITE_P(
    Values, Misfit,
    testing::Values(Row{"ItsOwn", "OPENAI_API_KEY", kOpenAi, false},
                    Row{"AnothersKey", "OPENAI_API_KEY", kAnthropic, true},
                    Row{"TheOtherWayRound", "ANTHROPIC_API_KEY", kOpenAi, true},
                    Row{"ABareSkIsAnybodys", "DEEPSEEK_API_KEY", kBare, false},
                    Row{"NoShapeAtAll", "MISTRAL_API_KEY", std::string(32, 'x'), false},
                    Row{"AVariantOfTheVariable", "OPENAI_API_KEY_CI", kAnthropic, true},
                    Row{"ANameOfNoProvider", "TEAM_B_KEY", kAnthropic, false},
                    Row{"OneOfAList", "OPENAI_API_KEY", kOpenAi + "," + kAnthropic, true}),
    [](const auto& row) { return row.param.what; });

TEST(MisfitText, NamesTheProviderAndNotTheKey) {
  const auto text = misfit("OPENAI_API_KEY", kAnthropic);
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, HasSubstr("Anthropic, whose variable is ANTHROPIC_API_KEY"));
  EXPECT_THAT(*text, testing::Not(HasSubstr("sk-ant")));
}

}  // namespace
}  // namespace keypool::cli
