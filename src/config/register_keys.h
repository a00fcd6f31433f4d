#pragma once

#include <string>
#include <utility>
#include <vector>

#include <keypool/key_pool.h>
#include <keypool/secret_source.h>

#include "config/config.h"
#include "pool/key_list.h"

namespace keypool::config {

/// What became of one configured name.
struct ResolvedKey {
  std::string endpoint;
  std::string name;                 ///< as configured
  std::size_t keys = 0;             ///< how many keys its value held; 0: not found
  std::string origin;               ///< where it was found
  std::vector<std::string> places;  ///< where it was looked for, when it was not found
};

/// Looks one configured name up: what became of it, and the keys that its value held.
[[nodiscard]] std::pair<ResolvedKey, std::vector<pool::ListedKey>> look_up(
    const Endpoint& endpoint, const Key& key, const SecretSource& secrets);

/// Resolves every configured name and fills the pool, each endpoint under its name and as it is
/// configured. Keyless endpoints are not the pool's business.
std::vector<ResolvedKey> register_keys(const Config& config, const SecretSource& secrets,
                                       KeyPool& pool);

}  // namespace keypool::config
