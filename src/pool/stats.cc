#include <algorithm>
#include <cmath>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {

std::size_t Endpoint::total_keys() {
  Lock lock = enter();
  return by_name_.size();
}

std::size_t Endpoint::waiting() {
  Lock lock = enter();
  return queue_ == nullptr ? 0 : queue_->size();
}

// Counts without opening what is due: asking changes nothing.
std::size_t Endpoint::available_keys() {
  const MonotonicTime now = clock_.now();
  Lock lock = enter();
  std::size_t available = 0;
  for (std::size_t number = 0; number < groups_.size(); ++number) {
    const MonotonicTime ready = ready_at(plain_, number);
    if (ready > now) continue;
    for (const Key* key = groups_[number].first; key != nullptr; key = key->next_in_group) {
      if (key->ready_at() <= now) ++available;
    }
  }
  return available;
}

std::vector<KeyStats> Endpoint::stats() {
  const Moment moment = Moment::of(clock_);
  std::vector<KeyStats> all;
  Lock lock = enter();
  all.reserve(keys_.size());
  for (const Key& key : keys_) all.push_back(stats_of(key, moment));
  return all;
}

KeyStats Endpoint::stats_of(const Key& key, const Moment& moment) const {
  KeyStats stats;
  stats.name = key.name;
  stats.total_requests = key.total_requests;
  stats.successes = key.successes;
  stats.failures = key.failures;
  stats.rate_limits = key.rate_limits;
  stats.abandoned = key.extras->abandoned;
  stats.total_latency = std::chrono::milliseconds(key.latency_ms);
  stats.total_input_tokens = key.input_tokens;
  stats.total_output_tokens = key.output_tokens;
  stats.in_flight = key.in_flight;
  stats.last_success_at = key.last_success != kLongAgo ? moment.wall_of(key.last_success)
                                                       : key.extras->restored_success;
  stats.last_rate_limit_at = key.last_rate_limit != kLongAgo ? moment.wall_of(key.last_rate_limit)
                                                             : key.extras->restored_rate_limit;
  stats.last_failure = key.extras->last_failure.get();

  double charged = 0;
  for_each_board([&](const Board& board) {
    const Lane& lane = board.lanes[key.group];
    charged += lane.charged / lane.inverse_weight;
  });
  stats.window_load = charged / past_weight(moment.now);
  describe_state(key, moment, stats);
  return stats;
}

// What is final comes before what ends by itself.
void Endpoint::describe_state(const Key& key, const Moment& moment, KeyStats& stats) const {
  const Group& group = groups_[key.group];
  if (key.duty == Duty::removed) {
    stats.state = KeyState::draining;
    stats.reason = "unregistered; its last calls may end";
  } else if (key.duty == Duty::disabled) {
    stats.state = KeyState::disabled;
    stats.reason = "disabled by an operator";
  } else if (key.duty == Duty::draining) {
    stats.state = KeyState::draining;
    stats.reason = key.in_flight > 0 ? "drained by an operator; its last calls may end"
                                     : "drained by an operator";
  } else if (key.extras->refused.resting && key.extras->refused.until > moment.now) {
    stats.state = KeyState::invalid;
    stats.reason = key.extras->refusal.get();
    if (key.extras->refused.until != kNever)
      stats.until = moment.wall_of(key.extras->refused.until);
  } else if (group.extras->depleted.resting && group.extras->depleted.until > moment.now) {
    stats.state = KeyState::depleted;
    stats.reason = group.extras->depletion.get();
    stats.until = moment.wall_of(group.extras->depleted.until);
  } else if (key.extras->terms != nullptr && key.extras->terms->capped_until > moment.now) {
    stats.state = KeyState::depleted;
    stats.reason = "reached " + std::string(key.extras->terms->cap);
    stats.until = moment.wall_of(key.extras->terms->capped_until);
  } else {
    MonotonicTime until = kLongAgo;
    for_each_board([&](const Board& board) {
      const Lane& lane = board.lanes[key.group];
      if (lane.fault != LaneFault::rate_limit || !lane.extras->rest.resting) return;
      if (lane.extras->rest.until <= std::max(moment.now, until)) return;
      until = lane.extras->rest.until;
      stats.reason = board.model.empty() ? "rate limit" : "rate limit on " + board.model;
    });
    if (until == kLongAgo) return;
    stats.state = KeyState::cooling;
    stats.until = moment.wall_of(until);
  }
}

std::vector<LaneStats> Endpoint::lanes() {
  const Moment moment = Moment::of(clock_);
  std::vector<LaneStats> all;
  Lock lock = enter();
  for_each_board([&](const Board& board) {
    for (std::size_t number = 0; number < board.lanes.size(); ++number) {
      const Lane& lane = board.lanes[number];
      const bool untouched = lane.charged == 0 && lane.in_flight == 0;
      if (untouched && lane.limits == nullptr && lane.fault == LaneFault::none) continue;
      LaneStats& stats = all.emplace_back();
      stats.model = board.model;
      for (const Key* key = groups_[number].first; key != nullptr; key = key->next_in_group) {
        stats.keys.push_back(key->name);
      }
      stats.in_flight = lane.in_flight;
      stats.load = lane.charged / lane.inverse_weight / past_weight(moment.now);
      if (lane.limits != nullptr) stats.rooms = lane.limits->rooms(moment.now);
      stats.resting = lane.extras->rest.resting && lane.extras->rest.until > moment.now;
      if (stats.resting) stats.until = moment.wall_of(lane.extras->rest.until);
      stats.fault = lane.fault;
      const Restraint& restraint = lane.extras->restraint;
      if (restraint.at_once() > 0) {
        stats.at_once = {LimitSource::learned, double(restraint.at_once()),
                         moment.wall_of(restraint.at_once_until())};
      }
      if (restraint.per_minute() > 0) {
        stats.calls_per_minute = {LimitSource::learned, restraint.per_minute(),
                                  moment.wall_of(restraint.paced_until())};
      }
    }
  });
  return all;
}

std::vector<KeyStats> Endpoint::gone() {
  Lock lock = enter();
  std::vector<KeyStats> all;
  for (const auto& [name, stats] : gone_) all.push_back(stats);
  return all;
}

bool Endpoint::restore(const KeyStats& saved) {
  Lock lock = enter();
  Key* key = find(saved.name);
  if (key == nullptr) return false;
  restore(*key, saved);
  refresh_group(key->group, clock_.now());
  return true;
}

void Endpoint::restore(Key& key, const KeyStats& saved) {
  key.total_requests = std::min(saved.total_requests, kMostCounted);
  key.successes = std::min(saved.successes, kMostCounted);
  key.failures = std::min(saved.failures, kMostCounted);
  key.rate_limits = std::min(saved.rate_limits, kMostCounted);
  if (saved.abandoned != key.extras->abandoned) key.extras.edit().abandoned = saved.abandoned;
  key.latency_ms =
      static_cast<std::uint64_t>(std::max<std::int64_t>(saved.total_latency.count(), 0));
  key.input_tokens = std::min(saved.total_input_tokens, kMostCounted);
  key.output_tokens = std::min(saved.total_output_tokens, kMostCounted);
  key.last_success = kLongAgo;
  key.last_rate_limit = kLongAgo;
  if (saved.last_success_at || saved.last_rate_limit_at || key.extras->restored_success ||
      key.extras->restored_rate_limit) {
    key.extras.edit().restored_success = saved.last_success_at;
    key.extras.edit().restored_rate_limit = saved.last_rate_limit_at;
  }
  if (key.successes + key.failures + key.rate_limits > 0) key.recompute_average();
}

}  // namespace keypool::pool
