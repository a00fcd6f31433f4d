#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_stats.h>

#include "admin/subject.h"

namespace keypool::admin {

inline constexpr std::array kKeyStates{KeyState::ready,   KeyState::cooling,  KeyState::depleted,
                                       KeyState::invalid, KeyState::disabled, KeyState::draining};

/// What is told of each key apart stops above so many keys of an endpoint: series of /metrics, and
/// everyday changes in the events.
inline constexpr std::size_t kKeysToldApart = 1000;

/// And series of /metrics above so many keys of all endpoints together, in their order.
inline constexpr std::size_t kKeysToldApartInAll = 2000;

/// The gateway at one moment.
struct Snapshot {
  WallTime at;
  std::vector<EndpointStats> endpoints;  ///< by place in Config::endpoints
  std::vector<std::size_t> waiting;      ///< calls in the queue of each
  Traffic traffic;                       ///< as long as `endpoints`
};

[[nodiscard]] Snapshot take_snapshot(const Subject& subject);

/// How many keys are in each state, by the state's place in kKeyStates.
[[nodiscard]] std::array<std::size_t, kKeyStates.size()> count_states(
    const std::vector<KeyStats>& keys);

}  // namespace keypool::admin
