#include "config/key_registry.h"

#include <algorithm>

namespace keypool::config {

KeyChanges KeyRegistry::apply(const Config& config, std::vector<Resolution> resolved) {
  KeyChanges changes;
  Keys next;
  auto resolution = resolved.begin();
  for (const Endpoint& endpoint : config.endpoints) {
    if (endpoint.keyless) continue;
    pool_.configure_endpoint(endpoint.name, {.policy = endpoint.policy,
                                             .cooldown = endpoint.cooldown,
                                             .max_waiting = config.limits.max_waiting,
                                             .max_waiting_bytes = config.limits.max_waiting_bytes});
    for (const Key& key : endpoint.keys) {
      apply_one(endpoint, key, std::move(*resolution++), next, changes);
    }
  }
  for (const auto& [name, registered] : keys_) {
    if (next.contains(name)) continue;
    pool_.remove_key(name.first, name.second);
    changes.removed.push_back(name);
  }
  const std::lock_guard lock(mutex_);
  keys_ = std::move(next);
  return changes;
}

void KeyRegistry::apply_one(const Endpoint& endpoint, const Key& key, Resolution resolution,
                            Keys& next, KeyChanges& changes) {
  const Registered wanted{key.name, key.options, key.disabled};
  if (resolution.keys.empty()) {
    const auto before = known_from(endpoint.name, key.name);
    for (const KeyName& name : before) put(name, wanted, nullptr, next, changes);
    if (before.empty()) {
      // The pool shall know the endpoint, and name this key when a call finds it without any.
      pool_.register_endpoint(endpoint.name, {key.name});
    } else {
      changes.kept.push_back(std::move(resolution.told));
    }
    return;
  }
  for (auto& [name, secret] : resolution.keys) {
    put({endpoint.name, std::move(name)}, wanted, &secret, next, changes);
  }
}

// Without a secret the key is there already, and keeps the one that it has.
void KeyRegistry::put(KeyName name, Registered wanted, Secret* secret, Keys& next,
                      KeyChanges& changes) {
  const auto& [endpoint, key] = name;
  const auto known = keys_.find(name);
  const bool is_new = known == keys_.end();
  if (is_new) {
    if (!pool_.add_key(endpoint,
                       {.name = key, .secret = secret->clone(), .options = wanted.options})) {
      // Somebody else has put it there; from now on it is the configuration's.
      pool_.replace_secret(endpoint, key, std::move(*secret));
      pool_.configure_key(endpoint, key, wanted.options);
    }
    changes.added.push_back(name);
  } else {
    const Registered& before = known->second;
    if (secret != nullptr && pool_.replace_secret(endpoint, key, std::move(*secret))) {
      changes.replaced.push_back(name);
    }
    if (before.options != wanted.options) pool_.configure_key(endpoint, key, wanted.options);
    if (before.options != wanted.options || before.disabled != wanted.disabled) {
      changes.changed.push_back(name);
    }
  }
  const bool was_disabled = !is_new && known->second.disabled;
  if (wanted.disabled) pool_.disable_key(endpoint, key);
  if (was_disabled && !wanted.disabled) pool_.enable_key(endpoint, key);
  next.emplace(std::move(name), std::move(wanted));
}

std::vector<KeyName> KeyRegistry::known_from(const std::string& endpoint,
                                             const std::string& listed_as) const {
  std::vector<KeyName> names;
  for (auto at = keys_.lower_bound({endpoint, std::string()});
       at != keys_.end() && at->first.first == endpoint; ++at) {
    if (at->second.listed_as == listed_as) names.push_back(at->first);
  }
  return names;
}

bool KeyRegistry::disables(std::string_view endpoint, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto known = keys_.find({std::string(endpoint), std::string(key)});
  return known != keys_.end() && known->second.disabled;
}

}  // namespace keypool::config
