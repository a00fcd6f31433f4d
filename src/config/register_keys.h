#pragma once

#include <vector>

#include <keypool/key_pool.h>
#include <keypool/secret_source.h>

#include "config/config.h"
#include "config/resolve_keys.h"

namespace keypool::config {

/// Resolves every configured name and fills the pool, for good: what is to be reloaded is the
/// business of KeyRegistry.
std::vector<ResolvedKey> register_keys(const Config& config, const SecretSource& secrets,
                                       KeyPool& pool);

}  // namespace keypool::config
