#include "gateway/resource_owners.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/state/test_store.h"

namespace keypool::gateway {
namespace {

using namespace std::chrono_literals;
using state::StickyId;
using test::WallClock;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Owners : public testing::Test {
 protected:
  void remember(const std::string& id, std::string_view key, std::string_view endpoint = "openai") {
    owners_.remember(endpoint, std::array{id}, key);
  }

  WallClock clock_;
  OwnersInMemory owners_{clock_, 3};
};

TEST_F(Owners, TellWhoMadeAThing) {
  remember("file-1", "A");
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A");
  EXPECT_EQ(owners_.key_of("openai", "file-2"), "");
  EXPECT_EQ(owners_.key_of("azure", "file-1"), "");
}

TEST_F(Owners, TheLastToBeToldCounts) {
  remember("file-1", "A");
  remember("file-1", "B");
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "B");
}

TEST_F(Owners, ForgetFirstWhatWasNotMentionedForLongest) {
  for (const char* const id : {"1", "2", "3"}) remember(id, "A");
  EXPECT_EQ(owners_.key_of("openai", "1"), "A");

  remember("4", "A");

  EXPECT_EQ(owners_.key_of("openai", "2"), "");
  EXPECT_EQ(owners_.key_of("openai", "1"), "A");
}

TEST_F(Owners, ForgetWhatNobodyMentionedForSoLong) {
  remember("file-1", "A");
  clock_.advance(OwnersInMemory::kKept - 1h);
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A");

  clock_.advance(2h);
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A") << "it was mentioned meanwhile";
  clock_.advance(OwnersInMemory::kKept);
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "");
}

TEST_F(Owners, NewsIsToldOnce) {
  remember("file-1", "A");
  const StickyId first{"openai", "file-1", "A", clock_.wall() + OwnersInMemory::kKept};

  EXPECT_THAT(owners_.take_news(), ElementsAre(first));
  EXPECT_THAT(owners_.take_news(), IsEmpty());
}

TEST_F(Owners, AMentionIsNewsOnceADay) {
  remember("file-1", "A");
  EXPECT_THAT(owners_.take_news(), SizeIs(1));

  clock_.advance(23h);
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A");
  EXPECT_THAT(owners_.take_news(), IsEmpty());

  clock_.advance(2h);
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A");
  EXPECT_THAT(owners_.take_news(), SizeIs(1));
}

TEST_F(Owners, AnotherOwnerIsNews) {
  remember("file-1", "A");
  EXPECT_THAT(owners_.take_news(), SizeIs(1));
  remember("file-1", "B");
  EXPECT_THAT(owners_.take_news(), SizeIs(1));
}

TEST_F(Owners, WhatCouldNotBeWrittenDownIsNewsAgain) {
  remember("file-1", "A");
  const auto news = owners_.take_news();

  owners_.give_back(news);

  EXPECT_EQ(owners_.take_news(), news);
}

TEST_F(Owners, WhatAnEarlierProcessKnewIsKnownAndNoNews) {
  owners_.restore({{"openai", "file-1", "A", clock_.wall() + 24h * 89},
                   {"openai", "file-2", "B", clock_.wall() + 24h * 80}});
  EXPECT_THAT(owners_.take_news(), IsEmpty());
  EXPECT_EQ(owners_.key_of("openai", "file-1"), "A");
  EXPECT_EQ(owners_.key_of("openai", "file-2"), "B");
}

}  // namespace
}  // namespace keypool::gateway
