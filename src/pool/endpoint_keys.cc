#include <algorithm>

#include "pool/endpoint.h"
#include "pool/saturate.h"

namespace keypool::pool {

Key* Endpoint::find(std::string_view key_name) const {
  const auto found = by_name_.find(key_name);
  return found == by_name_.end() ? nullptr : found->second;
}

bool Endpoint::has_key(std::string_view key_name) const {
  Lock lock(lock_);
  return by_name_.contains(key_name);
}

bool Endpoint::add_key(KeyId id, std::string_view key_name, Secret secret, std::string_view group,
                       const KeyStats* saved) {
  if (secret.empty()) return false;
  Lock lock(lock_);
  if (by_name_.contains(key_name)) return false;
  Key& key = keys_.emplace_back();
  key.id = id;
  key.name = key_name;
  key.secret = std::move(secret);
  key.self = std::prev(keys_.end());
  by_name_.emplace(key.name, &key);
  join_group(key, group);
  if (saved != nullptr) restore(key, *saved);
  return true;
}

void Endpoint::join_group(Key& key, std::string_view group_name) {
  const auto named = group_name.empty() ? named_groups_.end() : named_groups_.find(group_name);
  if (named != named_groups_.end()) {
    key.group = named->second;
  } else if (!free_groups_.empty()) {
    key.group = free_groups_.back();
    free_groups_.pop_back();
  } else {
    key.group = static_cast<std::uint32_t>(groups_.size());
    groups_.emplace_back();
    for_each_board([](Board& board) { board.grow(); });
  }
  if (named == named_groups_.end() && !group_name.empty()) {
    named_groups_.emplace(group_name, key.group);
  }
  Group& group = groups_[key.group];
  (group.last == nullptr ? group.first : group.last->next_in_group) = &key;
  group.last = &key;
  ++group.size;
  key.watched = group.watched();
  for_each_board([&](Board& board) {
    board.lanes[key.group].only_key = group.only_key();
    refresh(board, key.group);
  });
}

void Endpoint::leave_group(Key& key) {
  Group& group = groups_[key.group];
  Key* before = nullptr;
  for (Key* at = group.first; at != &key; at = at->next_in_group) before = at;
  (before == nullptr ? group.first : before->next_in_group) = key.next_in_group;
  if (group.last == &key) group.last = before;
  group.cursor = nullptr;
  if (--group.size > 0) {
    for_each_board([&](Board& board) {
      board.lanes[key.group].only_key = group.only_key();
      refresh(board, key.group);
    });
    return;
  }
  // The place becomes free for another group, which starts from nothing.
  group = {};
  std::erase_if(named_groups_, [&](const auto& entry) { return entry.second == key.group; });
  free_groups_.push_back(key.group);
  for_each_board([&](Board& board) {
    board.set_ramp(board.lanes[key.group], 0);
    board.lanes[key.group] = {};
    refresh(board, key.group);
  });
}

bool Endpoint::remove_key(std::string_view key_name) {
  Lock lock(lock_);
  const auto found = by_name_.find(key_name);
  if (found == by_name_.end()) return false;
  Key& key = *found->second;
  by_name_.erase(found);
  key.draining = true;
  refresh_group(key.group);
  erase_if_drained(key);
  return true;
}

// A detached call holds nothing of the key: its report will find the name unknown.
void Endpoint::erase_if_drained(Key& key) {
  if (key.in_flight > key.detached) return;
  leave_group(key);
  keys_.erase(key.self);
}

bool Endpoint::disable_key(std::string_view key_name) {
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->disabled = true;
  refresh_group(key->group);
  return true;
}

// The operator vouches for the secret too.
bool Endpoint::enable_key(std::string_view key_name) {
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->disabled = false;
  key->refused.clear();
  key->refusal.clear();
  watch(groups_[key->group]);
  refresh_group(key->group);
  return true;
}

bool Endpoint::reset_key(std::string_view key_name) {
  Lock lock(lock_);
  Key* key = find(key_name);
  if (key == nullptr) return false;
  key->disabled = false;
  key->refused.clear();
  key->refusal.clear();
  key->last_failure.clear();
  Group& group = groups_[key->group];
  group.depleted.clear();
  group.depletion.clear();
  watch(group);
  for_each_board([&](Board& board) {
    Lane& lane = board.lanes[key->group];
    board.set_ramp(lane, 0);
    lane.rest.clear();
    lane.fault = LaneFault::none;
    refresh(board, key->group);
  });
  return true;
}

void Endpoint::note_missing(std::string_view variable) {
  Lock lock(lock_);
  if (std::find(missing_.begin(), missing_.end(), variable) == missing_.end()) {
    missing_.emplace_back(variable);
  }
}

void Endpoint::note_found(std::string_view variable) {
  Lock lock(lock_);
  std::erase(missing_, variable);
}

void Endpoint::close() noexcept {
  Lock lock(lock_);
  closed_ = true;
  for (const Key& key : keys_) leases_at_close_ += key.in_flight - key.detached;
  if (leases_at_close_ > 0) return;
  lock.unlock();
  delete this;
}

}  // namespace keypool::pool
