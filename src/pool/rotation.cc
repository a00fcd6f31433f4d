// Another secret under the same name: the provider's limits, and what was counted, are the
// account's and the name's, so they stay.
#include <algorithm>
#include <utility>

#include "pool/endpoint.h"

namespace keypool::pool {

void Key::replace_secret(Secret fresh) {
  if (in_flight == extras->detached) {
    // Nobody can be reading the one before.
    secret = std::move(fresh);
    std::atomic_ref(replaced).store(false, std::memory_order_release);
    if (extras->newest != nullptr) extras.edit().later.clear();
    return;
  }
  KeyExtras& more = extras.edit();
  more.later.push_back(std::make_unique<const Secret>(std::move(fresh)));
  more.newest.store(more.later.back().get(), std::memory_order_release);
  std::atomic_ref(replaced).store(true, std::memory_order_release);
}

// What the provider refused was the secret before.
bool Endpoint::replace_secret(std::string_view key_name, Secret secret) {
  if (secret.empty()) return false;
  Lock lock = enter();
  Key* const key = find(key_name);
  if (key == nullptr || key->current_secret().reveal() == secret.reveal()) return false;
  key->replace_secret(std::move(secret));
  if (key->extras->refused.resting || key->extras->refused.half_open) {
    key->extras.edit().refused.clear();
    key->extras.edit().refusal.clear();
    std::erase(refusals_, key);
    watch(groups_[key->group]);
    refresh_group(key->group, clock_.now());
  }
  done(lock);
  return true;
}

}  // namespace keypool::pool
