#include "pool/rank_tree.h"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace keypool::pool {
namespace {

RankTree tree_of(std::size_t places) {
  RankTree tree;
  for (std::size_t place = 0; place < places; ++place) tree.grow();
  return tree;
}

TEST(RankTree, HasNoFirstWhileEveryPlaceIsOut) {
  EXPECT_EQ(RankTree().first(), RankTree::kNone);
  EXPECT_EQ(tree_of(100).first(), RankTree::kNone);
}

TEST(RankTree, EqualRanksGoToTheLowerPlace) {
  RankTree tree = tree_of(20);
  for (const std::size_t place : {17u, 3u, 9u}) tree.set(place, RankTree::rank_of(5.0));
  EXPECT_EQ(tree.first(), 3u);
}

TEST(RankTree, NumbersKeepTheirOrderAsRanks) {
  EXPECT_LT(RankTree::rank_of(0.0), RankTree::rank_of(1.0));
  EXPECT_LT(RankTree::rank_of(1.0), RankTree::rank_of(1e80));
  EXPECT_EQ(RankTree::rank_of(-3.0), RankTree::rank_of(0.0));
}

TEST(RankTreeProperty, AlwaysNamesTheLowestRank) {
  EXPECT_TRUE(rc::check([] {
    const auto places = *rc::gen::inRange<std::size_t>(1, 700);
    RankTree tree;
    std::map<std::size_t, RankTree::Rank> naive;
    for (int step = 0; step < 200; ++step) {
      if (tree.size() < places) {
        for (int more = 0; more < 10 && tree.size() < places; ++more) tree.grow();
      }
      const auto place = *rc::gen::inRange<std::size_t>(0, tree.size());
      const auto value = *rc::gen::inRange<RankTree::Rank>(0, 50);
      const RankTree::Rank rank = value == 0 ? RankTree::kOut : value << 3;
      tree.set(place, rank);
      naive[place] = rank;

      std::size_t expected = RankTree::kNone;
      for (const auto& [at, one] : naive) {
        if (one < RankTree::kOut && (expected == RankTree::kNone || one < naive[expected])) {
          expected = at;
        }
      }
      RC_ASSERT(tree.first() == expected);
      RC_ASSERT(tree.rank(place) == rank);
    }
  }));
}

}  // namespace
}  // namespace keypool::pool
