#include <algorithm>

#include "pool/endpoint.h"
#include "pool/key_counts.h"
#include "pool/saturate.h"

namespace keypool::pool {

const Limits* KeyTerms::limits_of(std::string_view model) const noexcept {
  for (const ModelLimits& one : limits) {
    const std::string_view pattern = one.model;
    const bool open_end = pattern.ends_with('*');
    if (open_end ? model.starts_with(pattern.substr(0, pattern.size() - 1)) : model == pattern) {
      return &one.limits;
    }
  }
  return nullptr;
}

Key* Endpoint::find(std::string_view key_name) const { return by_name_.find(key_name); }

bool Endpoint::has_key(std::string_view key_name) {
  Lock lock = enter();
  return find(key_name) != nullptr;
}

bool Endpoint::add_key(KeyId id, std::string_view key_name, Secret secret,
                       const KeyOptions& options, const KeyStats* saved) {
  if (secret.empty()) return false;
  Lock lock = enter();
  if (find(key_name) != nullptr) return false;
  Key& key = keys_.add();
  key.id = id;
  key.name = key_name;
  key.secret = std::move(secret);
  by_name_.add(key);
  if (const auto before = gone_.find(key_name); before != gone_.end()) {
    restore(key, before->second);
    gone_.erase(before);
  }
  if (saved != nullptr) restore(key, *saved);
  apply(key, options);
  join_group(key, options.group);
  done(lock);
  return true;
}

void Endpoint::apply(Key& key, const KeyOptions& options) {
  constexpr double kLeastWeight = 1e-3;
  constexpr double kMostWeight = 1e6;
  key.tier = static_cast<std::uint8_t>(std::clamp(options.tier, 0, 254));
  key.weight = static_cast<float>(
      options.weight > 0 ? std::clamp(options.weight, kLeastWeight, kMostWeight) : 1.0);
  key.max_in_flight = options.max_in_flight;
  KeyTerms terms;
  terms.limits = options.limits;
  terms.caps = options.caps;
  const bool plain = terms.limits.empty() && !terms.has_caps();
  if (key.extras->terms != nullptr) {
    // What is spent stays spent.
    key.extras->terms->limits = std::move(terms.limits);
    key.extras->terms->caps = terms.caps;
    key.extras->terms->capped_until = kLongAgo;
  } else if (!plain) {
    key.extras.edit().terms = std::make_unique<KeyTerms>(std::move(terms));
  }
}

void Endpoint::configure(const EndpointOptions& options) {
  const MonotonicTime now = clock_.now();
  Lock lock = enter();
  if (options.policy != policy_) {
    // What is charged by then counts as it weighs now, whichever way charges weigh afterwards.
    const double before = weight(now);
    policy_ = options.policy;
    const double factor = weight(now) / before;
    for (Key& key : keys_)
      if (key.extras->detached > 0) key.extras.edit().detached_charge *= factor;
    for_each_board([&](Board& board) {
      for (Lane& lane : board.lanes) {
        lane.charged *= factor;
        lane.calls *= factor;
      }
    });
  }
  cooldown_ = believable(options.cooldown.value_or(default_cooldown_));
  max_waiting_ = options.max_waiting;
  max_waiting_bytes_ = options.max_waiting_bytes;
  update_ordinary();
  for (std::size_t group = 0; group < groups_.size(); ++group) refresh_group(group, now);
}

bool Endpoint::configure_key(std::string_view key_name, const KeyOptions& options) {
  Lock lock = enter();
  Key* key = find(key_name);
  if (key == nullptr) return false;
  apply(*key, options);
  if (!options.group.empty()) {
    const auto named = named_groups_.find(options.group);
    if (named == named_groups_.end()) {
      const std::uint32_t group = new_group();
      groups_[group].extras.edit().configured = true;
      named_groups_.emplace(options.group, group);
      move_to_group(*key, group);
    } else if (named->second != key->group) {
      move_to_group(*key, named->second);
    }
  } else if (is_named(key->group)) {
    move_to_group(*key, new_group());
  }
  set_up_group(key->group);
  done(lock);
  return true;
}

bool Endpoint::is_named(std::uint32_t group) const {
  return std::ranges::any_of(named_groups_,
                             [group](const auto& named) { return named.second == group; });
}

std::uint32_t Endpoint::new_group() {
  if (!free_groups_.empty()) {
    const std::uint32_t number = free_groups_.back();
    free_groups_.pop_back();
    return number;
  }
  groups_.emplace_back();
  for_each_board([](Board& board) { board.grow(); });
  return static_cast<std::uint32_t>(groups_.size() - 1);
}

void Endpoint::join_group(Key& key, std::string_view group_name) {
  const auto named = group_name.empty() ? named_groups_.end() : named_groups_.find(group_name);
  key.group = named != named_groups_.end() ? named->second : new_group();
  Group& group = groups_[key.group];
  if (named == named_groups_.end() && !group_name.empty()) {
    group.extras.edit().configured = true;
    named_groups_.emplace(group_name, key.group);
  }
  group.append(key);
  set_up_group(key.group);
}

void Endpoint::leave_group(Key& key) {
  const MonotonicTime now = clock_.now();
  Group& group = groups_[key.group];
  group.take_out(key);
  if (group.size > 0) {
    set_up_group(key.group);
    return;
  }
  // The place becomes free for another group, which starts from nothing.
  group = {};
  const auto is_this = [&](const auto& entry) { return entry.second == key.group; };
  std::erase_if(named_groups_, is_this);
  std::erase_if(accounts_, is_this);
  free_groups_.push_back(key.group);
  for_each_board([&](Board& board) {
    board.set_ramp(board.lanes[key.group], 0);
    board.lanes[key.group] = {};
    refresh(board, key.group, now);
  });
}

// The key takes along what its calls in flight have charged, and what has been learned of its lanes
// where it leaves nobody behind.
void Endpoint::move_to_group(Key& key, std::uint32_t target) {
  const bool alone = groups_[key.group].size == 1;
  for_each_board([&](Board& board) {
    if (!alone) return;
    Lane& from = board.lanes[key.group];
    Lane& to = board.lanes[target];
    to.charged += from.charged * to.inverse_weight / from.inverse_weight;
    to.calls += from.calls;
    to.in_flight += from.in_flight;
    from.in_flight = 0;
    if (to.limits == nullptr) {
      to.limits = std::move(from.limits);
    } else if (from.limits != nullptr) {
      to.limits->take_over(*from.limits);
    }
    if (from.extras->restraint.active()) to.extras.edit().restraint = from.extras->restraint;
    if (from.extras->rest.resting &&
        (!to.extras->rest.resting || to.extras->rest.until < from.extras->rest.until)) {
      to.extras.edit().rest = from.extras->rest;
      to.fault = from.fault;
      board.set_ramp(to, 0);
    }
  });
  leave_group(key);
  key.group = target;
  Group& group = groups_[target];
  group.append(key);
  set_up_group(target);
}

void Endpoint::set_up_group(std::size_t number) {
  const MonotonicTime now = clock_.now();
  watch(groups_[number]);
  for_each_board([&](Board& board) { set_up_lane(board, number, now); });
}

// A lane serves in the lowest tier and with the largest weight of its group's keys, and within the
// limits of the first that has some for its model.
void Endpoint::set_up_lane(Board& board, std::size_t number, MonotonicTime now) {
  const Group& group = groups_[number];
  if (group.first == nullptr) return;
  Lane& lane = board.lanes[number];
  lane.only_key = group.only_key();
  lane.tier = group.first->tier;
  float weight = group.first->weight;
  const Limits* limits = nullptr;
  for (const Key* key = group.first; key != nullptr; key = key->next_in_group) {
    lane.tier = std::min(lane.tier, key->tier);
    weight = std::max(weight, key->weight);
    if (limits == nullptr && key->extras->terms != nullptr)
      limits = key->extras->terms->limits_of(board.model);
  }
  lane.charged /= lane.inverse_weight;
  lane.inverse_weight = 1.0f / weight;
  lane.charged *= lane.inverse_weight;
  if (limits != nullptr) {
    LaneLimits& known = limits_of(board, number, now);
    known.configure(*limits, now);
    become_limited(board, now);
  } else if (lane.limits != nullptr) {
    lane.limits->configure({}, now);
  }
  refresh(board, number, now);
}

bool Endpoint::remove_key(std::string_view key_name) {
  Lock lock = enter();
  Key* const found = find(key_name);
  if (found == nullptr) return false;
  Key& key = *found;
  by_name_.erase(key);
  key.duty = Duty::removed;
  std::erase(wanted_, &key);
  update_ordinary();
  refresh_group(key.group, clock_.now());
  erase_if_drained(key);
  done(lock);
  return true;
}

// A detached call holds nothing of the key: its report will find the name unknown. What was counted
// stays with the name.
void Endpoint::erase_if_drained(Key& key) {
  if (key.in_flight > key.extras->detached) return;
  KeyStats counts = stats_of(key, Moment::of(clock_));
  if (Key* const heir = find(key.name)) {
    add_counts(counts, stats_of(*heir, Moment::of(clock_)));
    restore(*heir, counts);
  } else {
    gone_.insert_or_assign(key.name, not_registered(std::move(counts)));
  }
  leave_group(key);
  std::erase(refusals_, &key);
  keys_.erase(key);
}

bool Endpoint::take_out(std::string_view key_name, Duty duty) {
  Lock lock = enter();
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->duty = duty;
  std::erase(wanted_, key);
  update_ordinary();
  refresh_group(key->group, clock_.now());
  return true;
}

bool Endpoint::disable_key(std::string_view key_name) { return take_out(key_name, Duty::disabled); }

bool Endpoint::drain_key(std::string_view key_name) { return take_out(key_name, Duty::draining); }

// Whatever rests is half open now: the call that comes decides.
bool Endpoint::probe_key(std::string_view key_name) {
  const MonotonicTime now = clock_.now();
  Lock lock = enter(now);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  const bool leaked = key->extras->refused.resting && key->extras->refused.until == kNever;
  if (key->duty != Duty::serving || leaked) return true;
  const auto end = [now](auto& owner, auto rest) {
    if ((*owner.extras.*rest).resting) (owner.extras.edit().*rest).until = now;
  };
  end(*key, &KeyExtras::refused);
  end(groups_[key->group], &GroupExtras::depleted);
  for_each_board([&](Board& board) { end(board.lanes[key->group], &LaneExtras::rest); });
  if (std::find(wanted_.begin(), wanted_.end(), key) == wanted_.end()) wanted_.push_back(key);
  update_ordinary();
  refresh_group(key->group, now);
  done(lock);
  return true;
}

// The operator vouches for the secret too.
bool Endpoint::enable_key(std::string_view key_name) {
  Lock lock = enter();
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->duty = Duty::serving;
  key->extras.edit().refused.clear();
  key->extras.edit().refusal.clear();
  watch(groups_[key->group]);
  refresh_group(key->group, clock_.now());
  done(lock);
  return true;
}

bool Endpoint::reset_key(std::string_view key_name) {
  Lock lock = enter();
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->duty = Duty::serving;
  key->extras.edit().refused.clear();
  key->extras.edit().refusal.clear();
  key->extras.edit().last_failure.clear();
  if (key->extras->terms != nullptr) key->extras->terms->capped_until = kLongAgo;
  std::erase(refusals_, key);
  const MonotonicTime now = clock_.now();
  Group& group = groups_[key->group];
  group.extras.edit().depleted.clear();
  group.extras.edit().depletion.clear();
  watch(group);
  for_each_board([&](Board& board) {
    Lane& lane = board.lanes[key->group];
    board.set_ramp(lane, 0);
    lane.extras.edit().rest.clear();
    lane.extras.edit().restraint = {};
    lane.fault = LaneFault::none;
    refresh(board, key->group, now);
  });
  done(lock);
  return true;
}

void Endpoint::note_missing(std::string_view variable) {
  Lock lock = enter();
  if (std::find(missing_.begin(), missing_.end(), variable) == missing_.end()) {
    missing_.emplace_back(variable);
  }
}

void Endpoint::note_found(std::string_view variable) {
  Lock lock = enter();
  std::erase(missing_, variable);
}

// Calls that still wait are told that there is no key any more.
void Endpoint::close() noexcept {
  Lock lock = enter();
  closed_ = true;
  update_ordinary();
  held_at_close_ = serving_ ? 2 : 1;
  for (const Key& key : keys_) held_at_close_ += key.in_flight - key.extras->detached;
  lock.unlock();
  while (queue_ != nullptr) {
    std::unique_lock queue_lock(queue_->mutex);
    std::optional<Queue::Call> call = queue_->take_any();
    queue_lock.unlock();
    if (!call) break;
    call->on_lease(std::unexpected(LeaseError{.kind = LeaseErrorKind::no_keys,
                                              .endpoint = name_,
                                              .tried = {},
                                              .retry_after = std::nullopt}));
  }
  lock.lock();
  let_go(lock);
}

}  // namespace keypool::pool
