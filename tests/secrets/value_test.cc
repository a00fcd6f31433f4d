#include "secrets/value.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::secrets {
namespace {

using namespace std::string_literals;

struct GoodValue {
  const char* name;
  std::string raw;
  std::string value;
};

class AcceptedValue : public testing::TestWithParam<GoodValue> {};

TEST_P(AcceptedValue, BecomesASecret) {
  const auto secret = make_secret(WipedText(GetParam().raw));

  ASSERT_TRUE(secret.has_value()) << secret.error();
  EXPECT_EQ(secret->reveal(), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Values, AcceptedValue,
    testing::Values(GoodValue{"Plain", "sk-1", "sk-1"},
                    GoodValue{"TrailingNewline", "sk-1\n", "sk-1"},
                    GoodValue{"SpaceAround", "  sk-1\t \n\n", "sk-1"},
                    GoodValue{"DoubleQuotes", "\"sk-1\"", "sk-1"},
                    GoodValue{"SingleQuotesAndSpaceInside", "' sk-1 '\n", "sk-1"},
                    GoodValue{"QuotesAroundAList", "\"sk-1,sk-2\"", "sk-1,sk-2"},
                    GoodValue{"ByteOrderMark", "\xEF\xBB\xBFsk-1", "sk-1"},
                    GoodValue{"WindowsLineEnds", "sk-1\r\nsk-2\r\n", "sk-1\nsk-2"},
                    GoodValue{"OldMacLineEnds", "sk-1\rsk-2", "sk-1\nsk-2"},
                    GoodValue{"GapsOfAListStay", ",sk-1,,sk-2", ",sk-1,,sk-2"},
                    GoodValue{"LongestKey", std::string(kMaxKeyBytes, 'k'),
                              std::string(kMaxKeyBytes, 'k')}),
    [](const auto& row) { return row.param.name; });

struct BadValue {
  const char* name;
  std::string raw;
  const char* why;
};

class RefusedValue : public testing::TestWithParam<BadValue> {};

TEST_P(RefusedValue, SaysWhy) {
  const auto secret = make_secret(WipedText(GetParam().raw));

  ASSERT_FALSE(secret.has_value());
  EXPECT_EQ(secret.error(), GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(
    Values, RefusedValue,
    testing::Values(
        BadValue{"Empty", "", "empty"}, BadValue{"OnlySpace", " \r\n\t", "empty"},
        BadValue{"OnlyAByteOrderMark", "\xEF\xBB\xBF\n", "empty"},
        BadValue{"OnlyQuotes", "\"\"", "empty"}, BadValue{"Nul", "sk-\0001"s, "holds a NUL byte"},
        BadValue{"ControlCharacter", "sk-\x1B[0m", "holds a control character"},
        BadValue{"Delete", "sk-\x7F", "holds a control character"},
        BadValue{"TypographicQuotes", "\xE2\x80\x9Csk-1\xE2\x80\x9D",
                 "holds a character outside of ASCII, which no API key does"},
        BadValue{"EachKeyQuoted", "\"sk-1\",\"sk-2\"", "holds quotes; write the keys without them"},
        BadValue{"UnpairedQuote", "\"sk-1", "holds quotes; write the keys without them"},
        BadValue{"Utf16", "\xFF\xFEs\0k\0"s, "UTF-16 text; expected UTF-8"},
        BadValue{"OneMegabyteOnOneLine", std::string(1 << 20, 'k'),
                 "holds a key of 1048576 bytes; none is longer than 16384"}),
    [](const auto& row) { return row.param.name; });

TEST(Value, AMegabyteOfKeysIsAList) {
  std::string list;
  while (list.size() < (1 << 20)) list += "sk-0123456789,";
  list.pop_back();

  const auto secret = make_secret(WipedText(list));

  ASSERT_TRUE(secret.has_value()) << secret.error();
  EXPECT_EQ(secret->reveal().size(), list.size());
}

}  // namespace
}  // namespace keypool::secrets
