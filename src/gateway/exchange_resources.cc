// What providers keep for an account: calls about it go back to the account's keys.
#include <algorithm>

#include "gateway/exchange.h"
#include "gateway/reactor.h"
#include "provider/sticky.h"

namespace keypool::gateway {
namespace {

// Of the keys an operator listed: as it was written, or one of the list that its value held.
bool made_from(std::string_view key, std::string_view listed) {
  return key.starts_with(listed) && (key.size() == listed.size() || key[listed.size()] == '[');
}

int tier_of(const config::Endpoint& endpoint, std::string_view key) {
  const auto listed = std::ranges::find_if(
      endpoint.keys, [key](const config::Key& one) { return made_from(key, one.name); });
  return listed == endpoint.keys.end() ? 0 : listed->options.tier;
}

// Of accounts that are asked for what nobody is known to have made: a mistaken id costs each of
// them a call.
constexpr std::size_t kMostAccounts = 8;

bool may_be_used_again(const KeyStats& key) {
  switch (key.state) {
    case KeyState::ready:
    case KeyState::cooling:
      return true;
    case KeyState::depleted:
    case KeyState::invalid:
    case KeyState::disabled:
    case KeyState::draining:
      return false;
  }
  return false;
}

}  // namespace

// The key whose account has what the call names. Lists, uploads, and things in the path that nobody
// is known to have made, go to the first key of the lowest tier: so they meet each other. Empty:
// any key will do.
std::string Exchange::find_owner() {
  owner_known_ = false;
  if (endpoint_->keyless) return {};
  auto& site = reactor_.site();
  for (const auto& id : call_.resources.all()) {
    auto key = site.owners.key_of(endpoint_->name, id);
    if (key.empty()) continue;
    owner_known_ = true;
    return key;
  }
  provider::ResourceIds in_target;
  if (!call_.resources.empty()) {
    provider::add_named_in_target(endpoint_->dialect, rest_, in_target);
  }
  if (in_target.empty() &&
      !provider::is_collection_call(endpoint_->dialect, request_.method(), rest_)) {
    return {};
  }
  const auto keys = site.pool.stats(endpoint_->name);
  const KeyStats* first = nullptr;
  for (const auto& key : keys) {
    if (!may_be_used_again(key)) continue;
    if (first == nullptr || tier_of(*endpoint_, key.name) < tier_of(*endpoint_, first->name)) {
      first = &key;
    }
  }
  return first != nullptr ? first->name : std::string();
}

// Whether an account that has not what the call names may not be the only one to ask: nobody is
// known to have made it.
bool Exchange::may_be_elsewhere() const {
  return verdict_->another_owner_may_serve && !owner_known_ && !endpoint_->keyless &&
         !call_.resources.empty();
}

// The keys of the leased one's account need not be asked any more.
void Exchange::note_strangers() {
  strangers_.push_back(key_name_);
  for (const auto& lane : reactor_.site().pool.lanes(endpoint_->name)) {
    if (std::ranges::find(lane.keys, key_name_) == lane.keys.end()) continue;
    strangers_.insert(strangers_.end(), lane.keys.begin(), lane.keys.end());
  }
}

// Makes the next account that was not asked yet the owner. False: there is none, or enough have
// been.
bool Exchange::ask_next_owner() {
  if (!may_be_elsewhere() || ++accounts_asked_ == kMostAccounts) return false;
  for (const auto& key : reactor_.site().pool.stats(endpoint_->name)) {
    if (key.state != KeyState::ready) continue;
    if (std::ranges::find(strangers_, key.name) != strangers_.end()) continue;
    owner_ = key.name;
    return true;
  }
  return false;
}

provider::Kept Exchange::kept_of_answer() const {
  if (endpoint_->keyless) return provider::Kept::nothing;
  return provider::kept_by(endpoint_->dialect, request_.method(), rest_, call_.stored);
}

// What a successful answer made, or tells of, belongs to the account of the key that was used.
void Exchange::remember_resources(const provider::UsageTap* tap) {
  if (endpoint_->keyless) return;
  auto& owners = reactor_.site().owners;
  if (!strangers_.empty()) {  // found by asking around, once
    owners.remember(endpoint_->name, call_.resources.all(), key_name_);
  }
  for (const auto& header : answer_.head().headers()) {
    if (const auto id = provider::made_in_header(header)) {
      owners.remember(endpoint_->name, {&*id, 1}, key_name_);
    }
  }
  if (tap != nullptr && !tap->resources().empty()) {
    owners.remember(endpoint_->name, tap->resources(), key_name_);
  }
}

}  // namespace keypool::gateway
