#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr minutes kLongestCooldown{10};
constexpr minutes kModelRefusedFirst{10};
constexpr hours kModelRefusedLongest{24};
constexpr minutes kProbeFirst{15};
constexpr hours kProbeLongest{6};

/// How many lanes one call opens when many are due at once; the next call goes on.
constexpr int kMostOpenings = 64;

RankTree::Rank rank_at(MonotonicTime time) noexcept {
  return static_cast<RankTree::Rank>(time.time_since_epoch().count());
}

// Ranks do not tell eight nanoseconds apart: an end rounded up is never passed too early.
MonotonicTime end_after(MonotonicTime now, nanoseconds time) noexcept {
  return MonotonicTime{
      nanoseconds{((now.time_since_epoch() + time).count() + 7) & ~std::int64_t{7}}};
}

}  // namespace

// The time of the first rest, times `growth` for each one before it without a success between. From
// the second on it is up to a tenth longer, so that lanes which rested together come back apart.
nanoseconds Endpoint::rest_time(milliseconds first, milliseconds longest, unsigned growth,
                                const Rest& rest) {
  nanoseconds time = first;
  const nanoseconds most = std::max(first, longest);
  for (unsigned strike = 0; strike < rest.strikes && time < most; ++strike) time *= growth;
  time = std::min(time, most);
  if (rest.strikes == 0) return time;
  return time +
         nanoseconds(std::uniform_int_distribution<std::int64_t>(0, time.count() / 10)(random_));
}

void Endpoint::rest_lane(Board& board, std::size_t number, LaneFault fault, MonotonicTime now,
                         std::optional<milliseconds> after) {
  Lane& lane = board.lanes[number];
  // Calls that were under way when the rest began tell nothing new, but for a later end.
  Rest before = lane.rest;
  if (before.resting && before.strikes > 0) --before.strikes;
  const milliseconds first = fault == LaneFault::rate_limit ? cooldown_ : kModelRefusedFirst;
  const milliseconds longest =
      fault == LaneFault::rate_limit ? milliseconds(kLongestCooldown) : kModelRefusedLongest;
  const nanoseconds time =
      after ? nanoseconds(believable(*after)) : rest_time(first, longest, 2, before);
  MonotonicTime end = end_after(now, time);
  if (lane.rest.resting) {
    lane.rest.until = std::max(lane.rest.until, end);
  } else {
    lane.rest.begin(now, end);
  }
  lane.fault = fault;
  board.set_ramp(lane, 0);
  refresh(board, number);
}

void Endpoint::rest_key(Key& key, std::string_view why, MonotonicTime now) {
  if (!key.refused.resting) {
    key.refused.begin(now, end_after(now, rest_time(kProbeFirst, kProbeLongest, 4, key.refused)));
  }
  key.refusal.set(why);
  watch(groups_[key.group]);
  refresh_group(key.group);
}

void Endpoint::rest_group(std::size_t number, std::string_view why, MonotonicTime now,
                          std::optional<milliseconds> after) {
  Group& group = groups_[number];
  if (!group.depleted.resting || after) {
    const nanoseconds time = after ? nanoseconds(believable(*after))
                                   : rest_time(kProbeFirst, kProbeLongest, 2, group.depleted);
    group.depleted.begin(now, end_after(now, time));
  }
  group.depletion.set(why);
  watch(group);
  refresh_group(number);
}

// kLongAgo: now. kNever: not by itself, or not before a call in flight has ended.
MonotonicTime Endpoint::ready_at(const Board& board, std::size_t number) const {
  const Lane& lane = board.lanes[number];
  const Group& group = groups_[number];
  if (lane.ramp != 0 && lane.in_flight >= lane.ramp) return kNever;
  if (group.depleted.half_open && group.in_flight() > 0) return kNever;
  MonotonicTime time = kNever;
  for (const Key* key = group.first; key != nullptr; key = key->next_in_group) {
    time = std::min(time, key->ready_at());
    if (time == kLongAgo) break;
  }
  if (lane.rest.resting) time = std::max(time, lane.rest.until);
  if (group.depleted.resting) time = std::max(time, group.depleted.until);
  return time;
}

void Endpoint::refresh(Board& board, std::size_t number) {
  const MonotonicTime time = ready_at(board, number);
  const bool waits = time != kLongAgo && time != kNever;
  board.ready.set(number, time == kLongAgo ? rank(board.lanes[number]) : RankTree::kOut);
  board.resting.set(number, waits ? rank_at(time) : RankTree::kOut);
  const RankTree::Rank first = board.resting.first_rank();
  board.next_opening = first == RankTree::kOut
                           ? kNever
                           : MonotonicTime{nanoseconds{static_cast<std::int64_t>(first)}};
}

void Endpoint::refresh_group(std::size_t group) {
  for_each_board([&](Board& board) { refresh(board, group); });
}

void Endpoint::open_due(Board& board, MonotonicTime now) {
  for (int opened = 0; opened < kMostOpenings && board.next_opening <= now; ++opened) {
    const std::size_t number = board.resting.first();
    Lane& lane = board.lanes[number];
    Group& group = groups_[number];
    if (lane.rest.resting && lane.rest.until <= now) {
      lane.rest.probe();
      board.set_ramp(lane, 1);
    }
    if (group.depleted.resting && group.depleted.until <= now) group.depleted.probe();
    for (Key* key = group.first; key != nullptr; key = key->next_in_group) {
      if (key->refused.resting && key->refused.until <= now) key->refused.probe();
    }
    refresh_group(number);
  }
}

void Endpoint::rebase(MonotonicTime now) {
  const double factor = decay_.rebase(now);
  for (Key& key : keys_) key.detached_charge *= factor;
  for_each_board([&](Board& board) {
    for (std::size_t number = 0; number < board.lanes.size(); ++number) {
      Lane& lane = board.lanes[number];
      lane.charged *= factor;
      if (board.ready.rank(number) != RankTree::kOut) board.ready.set(number, rank(lane));
    }
  });
}

// Marks the keys whose calls' starts and ends have to be looked at.
void Endpoint::watch(Group& group) noexcept {
  for (Key* key = group.first; key != nullptr; key = key->next_in_group) {
    key->watched = group.watched() || key->wants_watching();
  }
}

}  // namespace keypool::pool
