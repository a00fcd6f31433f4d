#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <keypool/clock.h>
#include <keypool/key_stats.h>

#include "admin/headroom.h"

namespace keypool::admin {

/// RFC 3339 in UTC with milliseconds: `2026-11-24T08:14:00.250Z`.
[[nodiscard]] std::string rfc3339(WallTime time);

/// The same, or null.
[[nodiscard]] nlohmann::json time_json(const std::optional<WallTime>& time);

/// Milliseconds from `now` until then, never below 0, or null. Stands beside each time that lies
/// ahead, so that a reader with another clock need not compare the two.
[[nodiscard]] nlohmann::json time_left_json(const std::optional<WallTime>& until, WallTime now);

/// One limit and what is left of it.
[[nodiscard]] nlohmann::json room_json(const LaneStats::Room& room);

/// One key as the API shows it: every field of KeyStats by its own name, what is derived from them
/// (`average_latency_ms`, `success_rate`, `ready_in_ms`), and its tightest limit.
[[nodiscard]] nlohmann::json key_json(std::string_view endpoint, const KeyStats& key,
                                      const std::optional<TightestLimit>& headroom, WallTime now);

/// One lane: its limits, where each is known from, what is left, and whether it rests.
[[nodiscard]] nlohmann::json lane_json(const LaneStats& lane, WallTime now);

}  // namespace keypool::admin
