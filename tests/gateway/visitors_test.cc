#include "gateway/visitors.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keypool::gateway {
namespace {

using boost::asio::ip::make_address;

TEST(Visitors, AnAddressHasItsShareAndNoMore) {
  Visitors visitors(100, 2);
  const auto first = visitors.enter(make_address("192.0.2.1"));
  const auto second = visitors.enter(make_address("192.0.2.1"));
  const auto third = visitors.enter(make_address("192.0.2.1"));
  const auto other = visitors.enter(make_address("192.0.2.2"));

  EXPECT_TRUE(first->welcome());
  EXPECT_TRUE(second->welcome());
  EXPECT_FALSE(third->welcome());
  EXPECT_TRUE(other->welcome());
}

TEST(Visitors, FewAreLetInOnlyToBeToldThatItIsTooMuch) {
  Visitors visitors(1000, 1);
  std::vector<Visitors::Visit> visits;
  for (;;) {
    auto visit = visitors.enter(make_address("192.0.2.1"));
    if (!visit) break;
    visits.push_back(std::move(*visit));
  }
  EXPECT_EQ(visits.size(), 1 + Visitors::kMostUnwelcome);
}

TEST(Visitors, WhoLeavesGivesItsPlaceBack) {
  Visitors visitors(2, 1);
  {
    const auto one = visitors.enter(make_address("192.0.2.1"));
    const auto two = visitors.enter(make_address("192.0.2.2"));
    EXPECT_TRUE(visitors.full());
  }
  EXPECT_FALSE(visitors.full());
  EXPECT_TRUE(visitors.enter(make_address("192.0.2.1"))->welcome());
}

TEST(Visitors, AddressesOfOneNetworkAreOneClient) {
  const struct {
    const char* what;
    const char* one;
    const char* other;
    bool same;
  } rows[] = {
      {"two of a /64", "2001:db8::1", "2001:db8::ffff:1", true},
      {"two of a /48", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
      {"IPv4, and the same as IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
      {"two of IPv4, as IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
  };
  for (const auto& row : rows) {
    Visitors visitors(10, 1);
    const auto one = visitors.enter(make_address(row.one));
    EXPECT_EQ(visitors.enter(make_address(row.other))->welcome(), !row.same) << row.what;
  }
}

}  // namespace
}  // namespace keypool::gateway
