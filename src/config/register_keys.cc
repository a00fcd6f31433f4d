#include "config/register_keys.h"

#include <optional>
#include <utility>

#include "pool/key_list.h"

namespace keypool::config {
namespace {

/// Where the name was looked for, when the pool gets no key from it.
std::vector<std::string> in_vain(const std::optional<SecretSource::Found>& found, const Key& key,
                                 const SecretSource& secrets) {
  if (found) return {found->origin + ": only separators, no key between them"};
  return secrets.places(key.name);
}

ResolvedKey register_key(const Endpoint& endpoint, const Key& key, const SecretSource& secrets,
                         KeyPool& pool) {
  auto [result, keys] = look_up(endpoint, key, secrets);
  for (auto& [name, secret] : keys) {
    pool.add_key(endpoint.name,
                 {.name = name, .secret = std::move(secret), .options = key.options});
    if (key.disabled) pool.disable_key(endpoint.name, name);
  }
  if (keys.empty()) {
    // The pool shall know the endpoint, and name this key when a call finds it without any.
    pool.register_endpoint(endpoint.name, {key.name});
  }
  return result;
}

}  // namespace

std::pair<ResolvedKey, std::vector<pool::ListedKey>> look_up(const Endpoint& endpoint,
                                                             const Key& key,
                                                             const SecretSource& secrets) {
  ResolvedKey result{.endpoint = endpoint.name, .name = key.name, .origin = {}, .places = {}};
  std::vector<pool::ListedKey> keys;
  const auto found = secrets.resolve(key.name);
  if (found) {
    result.origin = found->origin;
    keys = pool::split_keys(key.name, found->value.reveal());
    result.keys = keys.size();
  }
  if (keys.empty()) result.places = in_vain(found, key, secrets);
  return {std::move(result), std::move(keys)};
}

std::vector<ResolvedKey> register_keys(const Config& config, const SecretSource& secrets,
                                       KeyPool& pool) {
  std::vector<ResolvedKey> resolved;
  for (const Endpoint& endpoint : config.endpoints) {
    if (endpoint.keyless) continue;
    pool.configure_endpoint(endpoint.name, {.policy = endpoint.policy,
                                            .cooldown = endpoint.cooldown,
                                            .max_waiting = config.limits.max_waiting,
                                            .max_waiting_bytes = config.limits.max_waiting_bytes});
    for (const Key& key : endpoint.keys) {
      resolved.push_back(register_key(endpoint, key, secrets, pool));
    }
  }
  return resolved;
}

}  // namespace keypool::config
