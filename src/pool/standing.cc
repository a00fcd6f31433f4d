#include <algorithm>
#include <limits>

#include "pool/endpoint.h"
#include "pool/moment.h"
#include "pool/saturate.h"

namespace keypool::pool {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kMostInARow = std::numeric_limits<std::uint8_t>::max();

std::optional<RestStanding> standing_of(const Rest& rest, std::string_view reason,
                                        const Moment& moment) {
  if (!rest.resting || rest.until <= moment.now) return std::nullopt;
  RestStanding standing{.reason = std::string(reason),
                        .since = moment.wall_of(rest.since),
                        .until = std::nullopt,
                        .in_a_row = rest.strikes};
  if (rest.until != kNever) standing.until = moment.wall_of(rest.until);
  return standing;
}

/// What is still to come of a rest that has an end. A clock that was set back since makes it no
/// longer than it was.
milliseconds left_of(const RestStanding& saved, const Moment& moment) {
  const WallTime since = moment.believable(saved.since);
  const WallTime until = moment.believable(*saved.until);
  return std::min(until - moment.wall, until - since);
}

/// The saved rest, as it goes on; nothing when it has ended.
std::optional<Rest> rest_of(const RestStanding& saved, const Moment& moment) {
  Rest rest;
  rest.since = std::min(moment.now, moment.time_of(saved.since));
  rest.strikes = static_cast<std::uint8_t>(std::clamp(saved.in_a_row, 1u, kMostInARow));
  rest.resting = true;
  rest.until = kNever;
  if (!saved.until) return rest;
  const milliseconds left = left_of(saved, moment);
  if (left <= milliseconds(0)) return std::nullopt;
  rest.until = end_after(moment.now, left);
  return rest;
}

/// As `rest_of`, but for rests that always end.
std::optional<Rest> passing_rest_of(const RestStanding& saved, const Moment& moment) {
  return saved.until ? rest_of(saved, moment) : std::nullopt;
}

bool outlasts(const Rest& one, const Rest& other) {
  return !other.resting || one.until > other.until;
}

bool tells_something(const LaneStanding& lane) { return lane.rest || !lane.limits.empty(); }

bool tells_something(const KeyStanding& key) {
  return key.disabled || key.draining || key.refused || key.depleted || !key.account.empty() ||
         !key.lanes.empty();
}

}  // namespace

std::optional<KeyStanding> what_still_holds(KeyStanding saved, const Moment& moment) {
  const auto drop_ended = [&](std::optional<RestStanding>& rest) {
    if (rest && !rest_of(*rest, moment)) rest.reset();
  };
  drop_ended(saved.refused);
  drop_ended(saved.depleted);
  for (LaneStanding& lane : saved.lanes) {
    drop_ended(lane.rest);
    if (!lane.rest) lane.fault = LaneFault::none;
  }
  std::erase_if(saved.lanes, [](const LaneStanding& lane) { return !tells_something(lane); });
  if (!tells_something(saved)) return std::nullopt;
  return saved;
}

std::vector<KeyStanding> Endpoint::standing() {
  const Moment moment = Moment::of(clock_);
  std::vector<KeyStanding> all;
  Lock lock = enter();
  std::vector<bool> group_told(groups_.size());
  for (const Key& key : keys_) {
    if (key.duty == Duty::removed) continue;
    KeyStanding standing = standing_of(key, moment);
    if (!group_told[key.group]) add_group(groups_[key.group], key.group, moment, standing);
    group_told[key.group] = true;
    if (tells_something(standing)) all.push_back(std::move(standing));
  }
  return all;
}

KeyStanding Endpoint::standing_of(const Key& key, const Moment& moment) const {
  KeyStanding standing{.key = key.name};
  standing.disabled = key.duty == Duty::disabled;
  standing.draining = key.duty == Duty::draining;
  standing.refused = pool::standing_of(key.extras->refused, key.extras->refusal.get(), moment);
  standing.account = groups_[key.group].extras->account.get();
  return standing;
}

void Endpoint::add_group(const Group& group, std::size_t number, const Moment& moment,
                         KeyStanding& standing) const {
  standing.depleted =
      pool::standing_of(group.extras->depleted, group.extras->depletion.get(), moment);
  for_each_board([&](const Board& board) {
    const Lane& lane = board.lanes[number];
    LaneStanding told{.model = board.model};
    told.rest = pool::standing_of(lane.extras->rest, {}, moment);
    if (told.rest) told.fault = lane.fault;
    if (lane.limits != nullptr) told.limits = lane.limits->standing(moment);
    if (tells_something(told)) standing.lanes.push_back(std::move(told));
  });
}

// The account comes first: it decides whose lanes the others are.
bool Endpoint::restore(const KeyStanding& saved) {
  const Moment moment = Moment::of(clock_);
  Lock lock = enter(moment.now);
  Key* const key = find(saved.key);
  if (key == nullptr) return false;
  if (key->duty == Duty::serving && saved.disabled) key->duty = Duty::disabled;
  if (key->duty == Duty::serving && saved.draining) key->duty = Duty::draining;
  if (!saved.account.empty()) join_account(*key, saved.account);

  if (saved.refused) {
    const auto rest = rest_of(*saved.refused, moment);
    if (rest && outlasts(*rest, key->extras->refused)) {
      key->extras.edit().refused = *rest;
      key->extras.edit().refusal.set(saved.refused->reason);
    }
  }
  Group& group = groups_[key->group];
  if (saved.depleted) {
    const auto rest = passing_rest_of(*saved.depleted, moment);
    if (rest && outlasts(*rest, group.extras->depleted)) {
      group.extras.edit().depleted = *rest;
      group.extras.edit().depletion.set(saved.depleted->reason);
    }
  }
  watch(group);
  for (const LaneStanding& lane : saved.lanes) restore_lane(key->group, lane, moment);
  refresh_group(key->group, moment.now);
  return true;
}

// The caller refreshes the group's lanes.
void Endpoint::restore_lane(std::size_t number, const LaneStanding& saved, const Moment& moment) {
  Board& board = board_for(saved.model);
  if (board.model != saved.model) return;  // too many models for a board of its own
  Lane& lane = board.lanes[number];
  if (saved.rest && saved.fault != LaneFault::none) {
    const auto rest = passing_rest_of(*saved.rest, moment);
    if (rest && outlasts(*rest, lane.extras->rest)) {
      lane.extras.edit().rest = *rest;
      lane.fault = saved.fault;
      board.set_ramp(lane, 0);
    }
  }
  if (saved.limits.empty()) return;
  LaneLimits& limits = limits_of(board, number, moment.now);
  for (const LimitStanding& limit : saved.limits) limits.restore(limit, moment);
  if (limits.known()) become_limited(board, moment.now);
}

}  // namespace keypool::pool
