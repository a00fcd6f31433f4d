#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/key_stats.h>

namespace keypool::admin {

/// The limit of a key that has the least left, in proportion.
struct TightestLimit {
  std::string model;
  LaneStats::Room room;

  /// 0: nothing left, 1: untouched.
  [[nodiscard]] double share_left() const noexcept;
};

/// By key name; keys without a known limit are not in it.
using Headroom = std::map<std::string, TightestLimit, std::less<>>;

[[nodiscard]] Headroom headroom_of(const std::vector<LaneStats>& lanes);

[[nodiscard]] std::optional<TightestLimit> find(const Headroom& headroom, std::string_view key);

}  // namespace keypool::admin
