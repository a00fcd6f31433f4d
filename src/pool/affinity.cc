#include "pool/affinity.h"

#include <algorithm>

namespace keypool::pool {

std::uint32_t Affinity::find(std::span<const std::uint64_t> hashes) noexcept {
  if (slots_.empty()) return kNone;
  for (const std::uint64_t hash : hashes) {
    for (Slot& slot : set_of(hash)) {
      if (slot.lane != kNone && slot.hash == hash) return slot.lane;
    }
  }
  return kNone;
}

void Affinity::remember(std::span<const std::uint64_t> hashes, std::uint32_t lane) {
  if (slots_.empty()) slots_.resize(kSets * kWays);
  ++uses_;
  for (const std::uint64_t hash : hashes) {
    const std::span<Slot> set = set_of(hash);
    auto slot = std::find_if(set.begin(), set.end(), [hash](const Slot& one) {
      return one.lane != kNone && one.hash == hash;
    });
    if (slot == set.end()) {
      slot = std::min_element(set.begin(), set.end(), [this](const Slot& a, const Slot& b) {
        return uses_ - a.used_at > uses_ - b.used_at;
      });
    }
    *slot = {hash, lane, uses_};
  }
}

}  // namespace keypool::pool
