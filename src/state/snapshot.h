#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_stats.h>
#include <keypool/limits.h>

#include "state/store.h"

namespace keypool::state {

/// A key that may not be used as others may. Of states, those that outlast a restart: cooling,
/// depleted, invalid, disabled.
struct KeyCondition {
  std::string endpoint;
  std::string key;
  KeyState state = KeyState::cooling;
  std::string reason;
  std::optional<WallTime> until = {};  ///< where it ends by itself

  friend bool operator==(const KeyCondition&, const KeyCondition&) = default;
};

/// A lane that rests. Named by one key of its quota group, here and below: groups have no name that
/// outlasts a restart.
struct LaneRest {
  std::string endpoint;
  std::string key;
  std::string model;
  WallTime until{};

  friend bool operator==(const LaneRest&, const LaneRest&) = default;
};

/// A limit of a lane that was not configured but found.
struct KnownLimit {
  std::string endpoint;
  std::string key;
  std::string model;
  Dimension dimension = Dimension::requests_per_minute;
  LimitSource source = LimitSource::learned;
  std::uint64_t value = 0;

  friend bool operator==(const KnownLimit&, const KnownLimit&) = default;
};

/// The account that a key's answers named.
struct Account {
  std::string endpoint;
  std::string key;
  std::string name;

  friend bool operator==(const Account&, const Account&) = default;
};

/// What a pool has found out, besides its counts.
struct Findings {
  std::vector<KeyCondition> keys = {};
  std::vector<LaneRest> lanes = {};
  std::vector<KnownLimit> limits = {};
  std::vector<Account> accounts = {};

  friend bool operator==(const Findings&, const Findings&) = default;
};

/// Puts `findings` in the place of those that were saved before.
[[nodiscard]] std::expected<void, StoreError> save_findings(Store& store, const Findings& findings);

/// What was saved last, without what has ended by `now`. Sorted by endpoint and key.
[[nodiscard]] std::expected<Findings, StoreError> load_findings(Store& store, WallTime now);

/// Saves keys' counts; only what has changed since the last time is written, so that it may be
/// called often with many keys. Keys that are no longer there keep what they had.
///
/// Thread-safety: one thread at a time.
class StatsKeeper {
 public:
  explicit StatsKeeper(Store& store) : store_(store) {}

  /// What the file holds: for KeyPool::restore_stats.
  [[nodiscard]] std::expected<std::vector<EndpointStats>, StoreError> load();

  [[nodiscard]] std::expected<void, StoreError> save(const std::vector<EndpointStats>& stats);

 private:
  using Name = std::pair<std::string, std::string>;

  Store& store_;
  std::map<Name, KeyStats> saved_;
};

}  // namespace keypool::state
