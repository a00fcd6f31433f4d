#include "secrets/env_line.h"

#include <string>

#include <gtest/gtest.h>

namespace keypool::secrets {
namespace {

using namespace std::string_literals;

struct GoodLine {
  const char* name;
  std::string line;
  std::string variable;
  std::string value;
};

class EnvLine : public testing::TestWithParam<GoodLine> {};

TEST_P(EnvLine, SetsAVariable) {
  const auto assignment = read_env_line(GetParam().line);

  ASSERT_TRUE(assignment.has_value()) << assignment.error();
  ASSERT_TRUE(assignment->has_value());
  EXPECT_EQ((*assignment)->name, GetParam().variable);
  EXPECT_EQ((*assignment)->value.view(), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, EnvLine,
    testing::Values(
        GoodLine{"Plain", "KEY=sk-1", "KEY", "sk-1"},
        GoodLine{"Export", "export KEY=sk-1", "KEY", "sk-1"},
        GoodLine{"ANameThatBeginsWithExport", "exported=1", "exported", "1"},
        GoodLine{"SpaceAround", "  KEY = sk-1  ", "KEY", "sk-1"},
        GoodLine{"WindowsLineEnd", "KEY=sk-1\r", "KEY", "sk-1"},
        GoodLine{"EqualsInTheValue", "KEY=c2s=", "KEY", "c2s="},
        GoodLine{"SpaceInTheValue", "KEY=two words", "KEY", "two words"},
        GoodLine{"CommentAfterTheValue", "KEY=sk-1 # work", "KEY", "sk-1"},
        GoodLine{"HashInsideTheValue", "KEY=sk#1", "KEY", "sk#1"},
        GoodLine{"SingleQuotes", "KEY='sk-1 # \\n'", "KEY", "sk-1 # \\n"},
        GoodLine{"DoubleQuotes", "KEY=\"sk-1, sk-2\"", "KEY", "sk-1, sk-2"},
        GoodLine{"EscapesInDoubleQuotes", R"(KEY="\"\\\$\`\n\t")", "KEY", "\"\\$`\n\\t"},
        GoodLine{"CommentAfterQuotes", "KEY='sk-1'  # work", "KEY", "sk-1"},
        GoodLine{"LettersOutsideOfAscii", "TEAM=\xC3\xA9t\xC3\xA9", "TEAM", "\xC3\xA9t\xC3\xA9"}),
    [](const auto& row) { return row.param.name; });

struct BadLine {
  const char* name;
  std::string line;
  const char* why;
};

class BadEnvLine : public testing::TestWithParam<BadLine> {};

TEST_P(BadEnvLine, SaysWhy) {
  const auto assignment = read_env_line(GetParam().line);

  ASSERT_FALSE(assignment.has_value());
  EXPECT_EQ(assignment.error(), GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, BadEnvLine,
    testing::Values(
        BadLine{"NoEquals", "sk-1", "no `=`; expected NAME=value"},
        BadLine{"ExportOfNothing", "export KEY", "no `=`; expected NAME=value"},
        BadLine{"NoName", "=sk-1", "what stands before the `=` is not the name of a variable"},
        BadLine{"NameWithADash", "MY-KEY=sk-1",
                "what stands before the `=` is not the name of a variable"},
        BadLine{"NameThatBeginsWithADigit", "1KEY=sk-1",
                "what stands before the `=` is not the name of a variable"},
        BadLine{"NoValue", "KEY=", "no value after the `=`"},
        BadLine{"EmptyQuotes", "KEY=''", "no value after the `=`"},
        BadLine{"OnlyAComment", "KEY= # later", "no value after the `=`"},
        BadLine{"OpenQuote", "KEY=\"sk-1", "the closing quote is missing"},
        BadLine{"EscapedClosingQuote", R"(KEY="sk-1\")", "the closing quote is missing"},
        BadLine{"TextAfterQuotes", "KEY='sk'-1", "text after the closing quote"},
        BadLine{"Nul", "KEY=sk-\0001"s, "a NUL or another control character"},
        BadLine{"Escape", "KEY=\x1B[0m", "a NUL or another control character"}),
    [](const auto& row) { return row.param.name; });

TEST(EnvLine, EmptyLinesAndCommentsSetNothing) {
  for (const char* line : {"", "   ", "\r", "# KEY=sk-1", "  \t# a comment"}) {
    const auto assignment = read_env_line(line);
    ASSERT_TRUE(assignment.has_value()) << assignment.error();
    EXPECT_FALSE(assignment->has_value()) << line;
  }
}

}  // namespace
}  // namespace keypool::secrets
