#include "pool/rank_tree.h"

namespace keypool::pool {

RankTree::Match RankTree::empty_match() noexcept {
  Match match;
  for (std::size_t place = 0; place < match.entry.size(); ++place) {
    match.entry[place] = entry(kOut, place);
  }
  return match;
}

void RankTree::grow() {
  const std::size_t place = size_;
  const std::size_t capacity = std::size_t{8} << (3 * lower_.size());
  if (place == capacity) {
    // The tree gets one level taller: what was the top is the first match of the level below it.
    lower_.insert(lower_.begin(), std::vector<Line>{Line{top_}});
    const Rank best = lowest(top_);
    top_ = empty_match();
    top_.entry[0] = entry(best, 0);
  }
  std::size_t match = place >> 3;
  for (auto level = lower_.rbegin(); level != lower_.rend(); ++level, match >>= 3) {
    if (match < level->size()) break;
    level->push_back(Line{empty_match()});
  }
  ++size_;
}

// Goes up only as far as a match gets another winner.
void RankTree::set_below(std::size_t place, Rank rank) noexcept {
  for (auto level = lower_.rbegin(); level != lower_.rend(); ++level) {
    Match& match = (*level)[place >> 3];
    const Rank before = lowest(match);
    match.entry[place & 7] = entry(rank, place);
    rank = lowest(match);
    if (rank == before) return;
    place >>= 3;
  }
  top_.entry[place] = entry(rank, place);
}

}  // namespace keypool::pool
