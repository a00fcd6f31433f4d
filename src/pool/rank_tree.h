#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace keypool::pool {

/// Which of many places has the lowest rank: a tournament tree, eight to a match.
///
/// A match is one cache line, and up to eight places are a single match inside the object, so small
/// trees cost one line (where the object begins one) and large ones log8(n) of them. An entry holds
/// a rank with the number of its place within the match in the low three bits: the lowest entry of
/// a match names its winner, and equal ranks go to the lower place.
///
/// Cost: `set` and `first` O(log n), no allocation; `grow` O(1) amortised.
class RankTree {
 public:
  using Rank = std::uint64_t;  ///< the low three bits are not compared

  static constexpr Rank kOut = ~Rank{7};  ///< the rank of a place that may not win
  static constexpr std::size_t kNone = ~std::size_t{0};

  /// Any non-negative number as a rank that keeps the order.
  [[nodiscard]] static Rank rank_of(double value) noexcept {
    return std::bit_cast<Rank>(value > 0 ? value : 0.0);
  }

  RankTree() noexcept { top_ = empty_match(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Adds a place at the end, with the rank kOut.
  void grow();

  void set(std::size_t place, Rank rank) noexcept {
    if (lower_.empty()) {
      top_.entry[place] = entry(rank, place);
    } else {
      set_below(place, rank);
    }
  }

  [[nodiscard]] Rank rank(std::size_t place) const noexcept {
    const Match& match = lower_.empty() ? top_ : lower_.back()[place >> 3];
    return match.entry[place & 7] & ~Rank{7};
  }

  /// The place with the lowest rank; kNone when every place is out.
  [[nodiscard]] std::size_t first() const noexcept {
    const Rank best = lowest(top_);
    if (best >= kOut) return kNone;
    std::size_t place = best & 7;
    for (const auto& level : lower_) place = place << 3 | (lowest(level[place]) & 7);
    return place;
  }

  /// The lowest rank of all, kOut when every place is out.
  [[nodiscard]] Rank first_rank() const noexcept { return lowest(top_) & ~Rank{7}; }

 private:
  struct Match {
    std::array<Rank, 8> entry;
  };
  struct alignas(64) Line : Match {};

  static Rank entry(Rank rank, std::size_t place) noexcept {
    return (rank & ~Rank{7}) | (place & 7);
  }

  static Match empty_match() noexcept;

  // By value, so that it compiles to a move on condition: which one is lower nobody can predict.
  static Rank lower(Rank a, Rank b) noexcept {
    Rank rank = a < b ? a : b;
    // Keeps the pairs apart: a chain through all eight would take twice as long as three rounds.
    asm("" : "+r"(rank));
    return rank;
  }

  static Rank lowest(const Match& match) noexcept {
    const auto& e = match.entry;
    return lower(lower(lower(e[0], e[1]), lower(e[2], e[3])),
                 lower(lower(e[4], e[5]), lower(e[6], e[7])));
  }

  void set_below(std::size_t place, Rank rank) noexcept;

  Match top_;
  std::vector<std::vector<Line>> lower_;  ///< from just below the top down to the places
  std::size_t size_ = 0;
};

}  // namespace keypool::pool
