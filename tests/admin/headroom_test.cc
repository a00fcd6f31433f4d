#include "admin/headroom.h"

#include <gtest/gtest.h>

namespace keypool::admin {
namespace {

LaneStats lane(std::string model, std::vector<std::string> keys,
               std::vector<LaneStats::Room> rooms) {
  LaneStats stats;
  stats.model = std::move(model);
  stats.keys = std::move(keys);
  stats.rooms = std::move(rooms);
  return stats;
}

LaneStats::Room room(std::uint64_t limit, double left) {
  return {Dimension::tokens_per_minute, LimitSource::configured, limit, left};
}

TEST(Headroom, IsOfTheLimitWithTheLeastLeftInProportion) {
  const auto headroom = headroom_of({lane("small", {"A"}, {room(100, 60)}),
                                     lane("large", {"A"}, {room(1000, 500), room(10, 9)})});
  const auto of_a = find(headroom, "A");
  ASSERT_TRUE(of_a);
  EXPECT_EQ(of_a->model, "large");
  EXPECT_EQ(of_a->share_left(), 0.5);
}

TEST(Headroom, IsSharedByTheKeysOfAGroup) {
  const auto headroom = headroom_of({lane("m", {"A", "B"}, {room(100, 25)})});
  EXPECT_EQ(find(headroom, "A")->share_left(), find(headroom, "B")->share_left());
}

TEST(Headroom, IsUnknownWithoutALimit) {
  EXPECT_FALSE(find(headroom_of({lane("m", {"A"}, {})}), "A"));
}

TEST(Headroom, OfAnOverdrawnOrForbiddenLimitIsNothing) {
  EXPECT_EQ((TightestLimit{"m", room(100, -20)}.share_left()), 0);
  EXPECT_EQ((TightestLimit{"m", room(0, 0)}.share_left()), 0);
}

}  // namespace
}  // namespace keypool::admin
