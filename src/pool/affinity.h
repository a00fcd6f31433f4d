#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace keypool::pool {

/// Which lane the calls with some hash went to last. Bounded: a set of four forgets the one that
/// was used longest ago.
class Affinity {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// The lane of the first hash that is known; kNone when none is.
  [[nodiscard]] std::uint32_t find(std::span<const std::uint64_t> hashes) noexcept;

  /// From now on, all of them go to `lane`.
  void remember(std::span<const std::uint64_t> hashes, std::uint32_t lane);

 private:
  static constexpr std::size_t kSets = 1 << 14;
  static constexpr std::size_t kWays = 4;

  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t lane = kNone;
    std::uint32_t used_at = 0;
  };

  [[nodiscard]] std::span<Slot> set_of(std::uint64_t hash) noexcept {
    return std::span(slots_).subspan((hash * 0x9E3779B97F4A7C15 >> 50) * kWays, kWays);
  }

  std::vector<Slot> slots_;  ///< made with the first call that asks for affinity
  std::uint32_t uses_ = 0;
};

}  // namespace keypool::pool
