#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/limits.h>

namespace keypool {

// What a pool has found out about its keys, besides their counts: for saving, and for the pool of a
// later run (KeyPool::standing, KeyPool::restore_standing). Plain data, copies. All times are the
// wall clock's, as the monotonic clock of an earlier run means nothing.

/// What makes a lane rest.
enum class LaneFault : std::uint8_t {
  none,
  rate_limit,
  model_refused,  ///< its keys may not use the model
};

[[nodiscard]] std::string_view to_string(LaneFault fault) noexcept;

/// A rest that is under way.
struct RestStanding {
  std::string reason = {};             ///< for an operator; empty for lanes, whose fault says it
  WallTime since{};                    ///< when it began; how long it may last is told from it
  std::optional<WallTime> until = {};  ///< nothing: for good, as that of a leaked key
  std::uint32_t in_a_row = 1;          ///< rests without a success between: each is longer

  friend bool operator==(const RestStanding&, const RestStanding&) = default;
};

/// One limit of a lane that was not configured but found.
struct LimitStanding {
  Dimension dimension = Dimension::requests_per_minute;
  LimitSource source = LimitSource::learned;  ///< learned or reported
  std::uint64_t limit = 0;

  /// When all of it is there again, were nothing used: what is left follows from it. Nothing: all
  /// is there. Moves on with every call.
  std::optional<WallTime> full_at = {};

  friend bool operator==(const LimitStanding&, const LimitStanding&) = default;
};

/// One lane of a key's quota group.
struct LaneStanding {
  std::string model = {};  ///< empty: of calls that name none
  LaneFault fault = LaneFault::none;
  std::optional<RestStanding> rest = {};  ///< with a fault
  std::vector<LimitStanding> limits = {};

  friend bool operator==(const LaneStanding&, const LaneStanding&) = default;
};

/// One key of which there is something to tell. What belongs to a quota group stands with the first
/// of its keys in order of registration: groups have no name that outlasts a run.
struct KeyStanding {
  std::string key;
  bool disabled = false;                      ///< by an operator
  bool draining = false;                      ///< by an operator
  std::optional<RestStanding> refused = {};   ///< the provider refuses the secret
  std::string account = {};                   ///< that its answers named
  std::optional<RestStanding> depleted = {};  ///< the group's
  std::vector<LaneStanding> lanes = {};       ///< the group's

  friend bool operator==(const KeyStanding&, const KeyStanding&) = default;
};

/// The keys of one endpoint of which there is something to tell, in order of registration.
struct EndpointStanding {
  std::string endpoint;
  std::vector<KeyStanding> keys;

  friend bool operator==(const EndpointStanding&, const EndpointStanding&) = default;
};

}  // namespace keypool
