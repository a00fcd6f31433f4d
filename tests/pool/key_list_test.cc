#include "pool/key_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keypool::pool {
namespace {

struct Case {
  const char* what;
  std::string_view value;
  std::vector<std::string> keys;
};

class KeyList : public testing::TestWithParam<Case> {};

TEST_P(KeyList, SplitsTheValue) {
  std::vector<std::string> keys;
  for (const ListedKey& key : split_keys("A", GetParam().value)) {
    keys.push_back(key.name + "=" + std::string(key.secret.reveal()));
  }
  EXPECT_EQ(keys, GetParam().keys);
}

INSTANTIATE_TEST_SUITE_P(
    Values, KeyList,
    testing::Values(
        Case{"OneKeyHasThePlainName", "sk-1", {"A=sk-1"}},
        Case{"BlanksAroundOneKeyGo", "  sk-1\n", {"A=sk-1"}}, Case{"AnEmptyValueIsNoKey", "", {}},
        Case{"ABlankValueIsNoKey", " \t\r\n", {}},
        Case{"CommasMakeAList", "sk-1, sk-2", {"A[0]=sk-1", "A[1]=sk-2"}},
        Case{"LinesMakeAList", "sk-1\nsk-2\n", {"A[0]=sk-1", "A[1]=sk-2"}},
        Case{"AWindowsLineEndIsOneSeparator", "sk-1\r\nsk-2", {"A[0]=sk-1", "A[1]=sk-2"}},
        Case{"AnEmptyItemLeavesAGapInTheNumbers", "sk-1,, sk-3", {"A[0]=sk-1", "A[2]=sk-3"}},
        Case{"ATrailingCommaStillMakesAList", "sk-1,", {"A[0]=sk-1"}},
        Case{"OnlyCommasAreNoKey", ",,", {}}),
    [](const auto& one) { return one.param.what; });

}  // namespace
}  // namespace keypool::pool
