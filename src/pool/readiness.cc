#include <algorithm>

#include "pool/endpoint.h"
#include "pool/moment.h"
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

/// When refusals of keys fall on the endpoint.
constexpr minutes kRefusalsWithin{1};
constexpr std::size_t kFewestRefusals = 5;
constexpr std::size_t kRefusalsEnough = 20;

/// How far Clock::recent may lag.
constexpr milliseconds kClockLag{10};

/// A lane without room for this is full.
constexpr Cost kSmallestCall{.calls = 1, .input = 1};

/// With fewer calls served in the last minute, a rate limit says nothing about where it lies.
constexpr double kFewestSpent = 3;

/// How many lanes one call opens when many are due at once; the next call goes on.
constexpr int kMostOpenings = 64;

}  // namespace

// The time of the first rest, times `growth` for each one before it without a success between. From
// the second on it is up to a tenth longer, so that lanes which rested together come back apart.
nanoseconds Endpoint::rest_time(milliseconds first, milliseconds longest, unsigned growth,
                                const Rest& rest) {
  nanoseconds time = first;
  const nanoseconds most = std::max(first, longest);
  for (unsigned strike = 0; strike < rest.strikes && time < most; ++strike) time *= growth;
  time = std::min(time, most);
  return rest.strikes == 0 ? time : jittered(time);
}

nanoseconds Endpoint::jittered(nanoseconds time) {
  return time +
         nanoseconds(std::uniform_int_distribution<std::int64_t>(0, time.count() / 10)(random_));
}

// Calls that were under way when a rest began tell nothing new, but for a later end.
void Endpoint::rest_lane(Board& board, std::size_t number, LaneFault fault, MonotonicTime now,
                         std::optional<milliseconds> after) {
  Lane& lane = board.lanes[number];
  const bool throttled = fault == LaneFault::rate_limit;
  const milliseconds first = throttled ? cooldown_ : kModelRefusedFirst;
  const milliseconds longest = throttled ? kLongestCooldown : milliseconds(kModelRefusedLongest);
  if (lane.extras->rest.resting) {
    const nanoseconds time = after ? believable(*after) : first;
    lane.extras.edit().rest.until = std::max(lane.extras->rest.until, end_after(now, time));
  } else {
    const nanoseconds time =
        after ? nanoseconds(believable(*after)) : rest_time(first, longest, 2, lane.extras->rest);
    lane.extras.edit().rest.begin(now, end_after(now, time));
  }
  lane.fault = fault;
  board.set_ramp(lane, 0);
  refresh(board, number, now);
}

void Endpoint::rest_key(Key& key, std::string_view why, MonotonicTime now) {
  if (!key.extras->refused.resting) {
    key.extras.edit().refused.begin(
        now, end_after(now, rest_time(kProbeFirst, kProbeLongest, 4, key.extras->refused)));
  }
  key.extras.edit().refusal.set(why);
  watch(groups_[key.group]);
  refresh_group(key.group, now);
}

void Endpoint::rest_group(std::size_t number, std::string_view why, MonotonicTime now,
                          std::optional<milliseconds> after) {
  Group& group = groups_[number];
  if (!group.extras->depleted.resting || after) {
    const nanoseconds time = after
                                 ? nanoseconds(believable(*after))
                                 : rest_time(kProbeFirst, kProbeLongest, 2, group.extras->depleted);
    group.extras.edit().depleted.begin(now, end_after(now, time));
  }
  group.extras.edit().depletion.set(why);
  watch(group);
  refresh_group(number, now);
}

// Whether so many keys were refused in a row that it can hardly be them. As long as another key is
// ready, stepping on to it is worth a try; but not to any number.
bool Endpoint::endpoint_is_suspect(Key& refused, MonotonicTime now) {
  if (refusals_.empty() || now - first_refusal_ > kRefusalsWithin) {
    refusals_.clear();
    first_refusal_ = now;
  }
  if (std::find(refusals_.begin(), refusals_.end(), &refused) == refusals_.end()) {
    refusals_.push_back(&refused);
  }
  if (refusals_.size() < kFewestRefusals) return false;
  std::size_t tried = refusals_.size();
  bool another_is_ready = false;
  for (const Key& key : keys_) {
    if (std::find(refusals_.begin(), refusals_.end(), &key) != refusals_.end()) continue;
    if (key.in_flight > 0 || now - kRefusalsWithin < key.last_rate_limit) ++tried;
    another_is_ready |= key.ready_at() == kLongAgo && ready_at(plain_, key.group) <= now;
  }
  if (2 * refusals_.size() <= tried) return false;
  return !another_is_ready || refusals_.size() >= kRefusalsEnough;
}

void Endpoint::acquit_refused_keys(MonotonicTime now) {
  for (Key* key : refusals_) {
    key->extras.edit().refused.clear();
    key->extras.edit().refusal.clear();
    watch(groups_[key->group]);
    refresh_group(key->group, now);
  }
  refusals_.clear();
}

// What was due to end has ended; a call has to prove it.
void Endpoint::end_rests(Board& board, std::size_t number, MonotonicTime now) {
  Lane& lane = board.lanes[number];
  Group& group = groups_[number];
  if (lane.extras->rest.resting && lane.extras->rest.until <= now) {
    lane.extras.edit().rest.probe();
    board.set_ramp(lane, lane.is_paced() ? 0 : 1);
  }
  if (lane.extras->restraint.active()) lane.extras.edit().restraint.age(now);
  if (group.extras->depleted.resting && group.extras->depleted.until <= now)
    group.extras.edit().depleted.probe();
  if (lane.only_key != nullptr && !lane.only_key->watched) return;
  for (Key* key = group.first; key != nullptr; key = key->next_in_group) {
    if (key->extras->refused.resting && key->extras->refused.until <= now)
      key->extras.edit().refused.probe();
    if (key->extras->terms != nullptr && key->extras->terms->capped_until <= now) {
      key->extras->terms->capped_until = kLongAgo;
    }
  }
}

// When the lane may be used, were there no limits. kLongAgo: now. kNever: not by itself, or not
// before a call in flight has ended.
MonotonicTime Endpoint::free_at(const Board& board, std::size_t number) const {
  const Lane& lane = board.lanes[number];
  const Group& group = groups_[number];
  if (lane.ramp != 0 && lane.in_flight >= lane.ramp) return kNever;
  if (lane.extras->restraint.is_full(lane.in_flight)) return kNever;
  if (group.extras->depleted.half_open && group.in_flight() > 0) return kNever;
  MonotonicTime time = kNever;
  for (const Key* key = group.first; key != nullptr; key = key->next_in_group) {
    time = std::min(time, key->ready_at());
    if (time == kLongAgo) break;
  }
  if (lane.extras->rest.resting) time = std::max(time, lane.extras->rest.until);
  time = std::max(time, lane.extras->restraint.open_at());
  if (group.extras->depleted.resting) time = std::max(time, group.extras->depleted.until);
  return time;
}

MonotonicTime Endpoint::ready_at(const Board& board, std::size_t number) const {
  const MonotonicTime time = free_at(board, number);
  const Lane& lane = board.lanes[number];
  if (lane.limits == nullptr || !lane.limits->known()) return time;
  return std::max(time, lane.limits->open_at(kSmallestCall));
}

// Lower is leased first. The tier decides before everything else.
RankTree::Rank Endpoint::rank(const Board& board, std::size_t number,
                              MonotonicTime now) const noexcept {
  const Lane& lane = board.lanes[number];
  switch (policy_) {
    case Policy::headroom:
      if (!board.limited) return lane.rank_by_load(board.told_apart);
      return lane.in_tier(rank_at(lane.limits != nullptr
                                      ? lane.limits->share()
                                      : LaneLimits::unknown_share(1.0 / lane.inverse_weight, now)));
    case Policy::least_loaded:
    case Policy::lifetime:
      return lane.rank_by_load(board.told_apart);
    case Policy::round_robin:
      return lane.in_tier(RankTree::rank_of(lane.extras->turn));
    case Policy::sequential:
      return lane.in_tier(RankTree::Rank{number} << 10);
  }
  return RankTree::kOut;
}

void Endpoint::refresh(Board& board, std::size_t number, MonotonicTime now) {
  end_rests(board, number, now);
  Lane& lane = board.lanes[number];
  lane.plain = lane.only_key != nullptr && !lane.only_key->watched &&
               lane.only_key->duty != Duty::removed && lane.fault == LaneFault::none &&
               !lane.extras->restraint.active() && lane.limits == nullptr && !board.limited;
  if (lane.plain) expect(lane);
  const MonotonicTime time = ready_at(board, number);
  board.ready.set(number, time <= now ? rank(board, number, now) : RankTree::kOut);
  if (board.limited) {
    const MonotonicTime probe =
        lane.limits == nullptr ? kNever : std::max(free_at(board, number), lane.limits->probe_at());
    board.probes.set(number, probe == kNever ? RankTree::kOut : rank_at(round_up(probe)));
  }
  const bool opens = time > now && time != kNever;
  board.resting.set(number, opens ? rank_at(round_up(time)) : RankTree::kOut);
  const RankTree::Rank first = board.resting.first_rank();
  const bool some = first != RankTree::kOut;
  board.next_opening = some ? MonotonicTime{nanoseconds{static_cast<std::int64_t>(first)}} : kNever;
  board.exact_from = some ? board.next_opening - kClockLag : kNever;
}

void Endpoint::refresh_group(std::size_t group, MonotonicTime now) {
  for_each_board([&](Board& board) { refresh(board, group, now); });
}

void Endpoint::open_due(Board& board, MonotonicTime now) {
  for (int opened = 0; opened < kMostOpenings && board.next_opening <= now; ++opened) {
    const std::size_t number = board.resting.first();
    if (groups_[number].watched()) {
      refresh_group(number, now);
    } else {
      refresh(board, number, now);
    }
  }
}

void Endpoint::rebase(MonotonicTime now) {
  const double factor = decay_.rebase(now);
  if (policy_ == Policy::lifetime) return;
  for (Key& key : keys_)
    if (key.extras->detached > 0) key.extras.edit().detached_charge *= factor;
  for_each_board([&](Board& board) {
    for (std::size_t number = 0; number < board.lanes.size(); ++number) {
      Lane& lane = board.lanes[number];
      lane.charged *= factor;
      lane.calls *= factor;
      if (board.ready.rank(number) != RankTree::kOut) {
        board.ready.set(number, rank(board, number, now));
      }
    }
  });
}

void Endpoint::update_ordinary() noexcept {
  const bool by_load = policy_ == Policy::headroom || policy_ == Policy::least_loaded;
  ordinary_ = by_load && circuit_.calm() && refusals_.empty() && wanted_.empty() && !closed_;
}

// Marks the keys whose calls' starts and ends have to be looked at.
void Endpoint::watch(Group& group) noexcept {
  for (Key* key = group.first; key != nullptr; key = key->next_in_group) {
    key->watched = group.watched() || key->wants_watching();
  }
}

// The limits of a lane, made with the first that is told of them.
LaneLimits& Endpoint::limits_of(Board& board, std::size_t number, MonotonicTime now) {
  Lane& lane = board.lanes[number];
  if (lane.limits == nullptr) {
    lane.limits = std::make_unique<LaneLimits>(1.0 / lane.inverse_weight, now);
  }
  return *lane.limits;
}

// From the first limit that is known on, a board's lanes are ordered by headroom.
void Endpoint::become_limited(Board& board, MonotonicTime now) {
  if (board.limited) return;
  board.limited = true;
  for (std::size_t number = 0; number < board.lanes.size(); ++number) refresh(board, number, now);
}

// A rate limit was answered. Where no header tells of limits, what the lane spent does.
void Endpoint::throttle(const Call& call, std::optional<milliseconds> after,
                        std::optional<Dimension> which, MonotonicTime now) {
  Board& board = call.board;
  const std::size_t number = call.key.group;
  Lane& lane = board.lanes[number];
  const double per_minute = decay_.per_minute() / decay_.weight(now);
  const Cost lately{.calls = lane.calls * per_minute,
                    .input = lane.charged / lane.inverse_weight * per_minute};
  // Calls still under way may be refused as well.
  const bool enough = policy_ != Policy::lifetime && lately.calls - lane.in_flight >= kFewestSpent;
  if (lane.limits != nullptr || enough) {
    LaneLimits& limits = limits_of(board, number, now);
    const LaneLimits::Refused refused{call.cost, call.leased_at, which};
    const bool news = limits.is_news(refused);
    if (news) limits.learn_from(refused, lately, enough, now);
    if (limits.known()) {
      become_limited(board, now);
      if (!news && !after) return refresh(board, number, now);
      if (!after) {
        after = std::chrono::ceil<milliseconds>(jittered(limits.rest_without_hint(cooldown_)));
      }
      limits.close(refused, believable(*after), now);
    }
  }
  rest_lane(board, number, LaneFault::rate_limit, now, after);
}

}  // namespace keypool::pool
