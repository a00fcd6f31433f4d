#pragma once

#include <optional>
#include <string_view>

#include <keypool/clock.h>

namespace keypool::provider {

/// RFC 3339, as in `2026-07-21T14:30:00Z` or `2026-07-21T14:30:00.5+02:00`.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

/// The first `YYYY-MM-DD` in a text, at 00:00 UTC.
[[nodiscard]] std::optional<WallTime> find_date(std::string_view text);

/// The next 00:00 UTC, strictly after `now`.
[[nodiscard]] WallTime next_utc_midnight(WallTime now);

/// The next Monday, 00:00 UTC, strictly after `now`.
[[nodiscard]] WallTime next_utc_monday(WallTime now);

/// The next 00:00 in Los Angeles, where Google's days end. By the rule of US law in force since
/// 2007 (daylight time from the second Sunday of March to the first of November), so that no time
/// zone database is needed.
[[nodiscard]] WallTime next_pacific_midnight(WallTime now);

/// The 1st of the month after `now`'s, 00:00 UTC.
[[nodiscard]] WallTime next_month(WallTime now);

}  // namespace keypool::provider
