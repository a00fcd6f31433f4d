#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <keypool/clock.h>
#include <keypool/key_stats.h>

namespace keypool::admin {

/// RFC 3339 in UTC with milliseconds: `2026-11-24T08:14:00.250Z`.
[[nodiscard]] std::string rfc3339(WallTime time);

/// One key as the API shows it: every field of KeyStats by its own name, what is derived from them
/// (`average_latency_ms`, `success_rate`), and `ready_in_ms` beside `until`, so that a reader with
/// another clock need not compare the two.
[[nodiscard]] nlohmann::json key_json(std::string_view endpoint, const KeyStats& key, WallTime now);

}  // namespace keypool::admin
