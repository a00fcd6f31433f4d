#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <keypool/key_stats.h>
#include <keypool/standing.h>

#include "state/store.h"

namespace keypool::state {

/// An endpoint's name and a key's.
using KeyName = std::pair<std::string, std::string>;

// Both keepers write only what has changed since the last time, so that they may be called often
// with many keys, and all of it where the file is another one than then.
//
// Thread-safety: one thread at a time.

/// Saves keys' counts. Keys that are no longer there keep what they had.
class StatsKeeper {
 public:
  explicit StatsKeeper(Store& store) : store_(store) {}

  /// What the file holds: for KeyPool::restore_stats.
  [[nodiscard]] std::expected<std::vector<EndpointStats>, StoreError> load();

  [[nodiscard]] std::expected<void, StoreError> save(const std::vector<EndpointStats>& stats);

 private:
  Store& store_;
  std::uint64_t opening_ = 0;  ///< of the store, that `saved_` was written in
  std::map<KeyName, KeyStats> saved_;
};

/// Saves what a pool has found out about its keys besides their counts. Of keys that are not told
/// of any more nothing is kept.
class StandingKeeper {
 public:
  explicit StandingKeeper(Store& store) : store_(store) {}

  /// What the file holds: for KeyPool::restore_standing.
  [[nodiscard]] std::expected<std::vector<EndpointStanding>, StoreError> load();

  [[nodiscard]] std::expected<void, StoreError> save(const std::vector<EndpointStanding>& standing);

 private:
  Store& store_;
  std::uint64_t opening_ = 0;
  std::map<KeyName, KeyStanding> saved_;
};

}  // namespace keypool::state
