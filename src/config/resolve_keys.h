#pragma once

#include <string>
#include <vector>

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

/// The same, and the keys themselves.
struct Resolution {
  ResolvedKey told;
  std::vector<pool::ListedKey> keys;
};

/// Resolves every configured name, in the order of the configuration: by its own command where it
/// has one, else from `secrets`. Commands run side by side, so that many of them take no longer
/// than a few. Blocks until the last one has ended.
[[nodiscard]] std::vector<Resolution> resolve_keys(const Config& config,
                                                   const SecretSource& secrets);

/// What people are told of them.
[[nodiscard]] std::vector<ResolvedKey> told_of(const std::vector<Resolution>& resolved);

}  // namespace keypool::config
