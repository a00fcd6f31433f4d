#include <cstring>
#include <sstream>

#include <gtest/gtest.h>

#include <keypool/secret.h>

namespace keypool {
namespace {

TEST(Secret, RevealsTheBytesItWasGiven) {
  const Secret secret(std::string_view("sk-a\0b", 6));
  EXPECT_EQ(secret.reveal(), std::string_view("sk-a\0b", 6));
  EXPECT_FALSE(secret.empty());
}

TEST(Secret, IsEmptyAfterItWasMovedFrom) {
  Secret first("sk-1");
  const Secret second(std::move(first));
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(first.reveal(), "");
  EXPECT_EQ(second.reveal(), "sk-1");
}

TEST(Secret, AssignmentReplacesAndSelfAssignmentKeeps) {
  Secret secret("sk-1");
  secret = Secret("sk-22");
  EXPECT_EQ(secret.reveal(), "sk-22");
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), "sk-22");
}

TEST(Secret, TakingAStringOverWipesAllThatStoodInIt) {
  std::string text = "sk-a-long-secret-that-does-not-fit-into-the-small-buffer";
  text.resize(4);
  const char* bytes = text.data();
  const std::size_t capacity = text.capacity();
  const Secret secret(std::move(text));

  EXPECT_EQ(secret.reveal(), "sk-a");
  EXPECT_EQ(text.data(), bytes);
  EXPECT_EQ(std::string(bytes, capacity), std::string(capacity, '\0'));
}

TEST(Secret, WipeMemoryOverwritesEveryByte) {
  char bytes[16];
  std::memset(bytes, 'x', sizeof bytes);
  wipe_memory(bytes, sizeof bytes);
  EXPECT_EQ(std::string(bytes, sizeof bytes), std::string(sizeof bytes, '\0'));
}

TEST(Secret, ACloneIsASecondOwner) {
  Secret first("sk-1");
  const Secret second = first.clone();
  first = Secret();
  EXPECT_EQ(second.reveal(), "sk-1");
}

TEST(Secret, IsNotShownByATestThatFails) {
  std::ostringstream text;
  PrintTo(Secret("sk-1"), &text);
  EXPECT_EQ(text.str(), "Secret(redacted)");
  EXPECT_EQ(testing::PrintToString(Secret("sk-1")), "Secret(redacted)");
}

}  // namespace
}  // namespace keypool
