#include "admin/headroom.h"

#include <algorithm>

namespace keypool::admin {

double TightestLimit::share_left() const noexcept {
  if (room.limit == 0) return 0;
  return std::clamp(room.left / static_cast<double>(room.limit), 0.0, 1.0);
}

Headroom headroom_of(const std::vector<LaneStats>& lanes) {
  Headroom headroom;
  for (const LaneStats& lane : lanes) {
    if (lane.rooms.empty()) continue;
    std::optional<TightestLimit> tightest;
    for (const LaneStats::Room& room : lane.rooms) {
      TightestLimit candidate{lane.model, room};
      if (!tightest || candidate.share_left() < tightest->share_left()) {
        tightest = std::move(candidate);
      }
    }
    for (const std::string& key : lane.keys) {
      const auto [known, is_new] = headroom.try_emplace(key, *tightest);
      if (!is_new && tightest->share_left() < known->second.share_left()) {
        known->second = *tightest;
      }
    }
  }
  return headroom;
}

std::optional<TightestLimit> find(const Headroom& headroom, std::string_view key) {
  const auto found = headroom.find(key);
  if (found == headroom.end()) return std::nullopt;
  return found->second;
}

}  // namespace keypool::admin
