#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <keypool/clock.h>

#include "http/header.h"

namespace keypool::provider {

struct ErrorFacts;

/// When the provider says to come back, from now: `retry-after-ms`, `x-ms-retry-after-ms`,
/// `retry-after` (seconds, fractions, a date), `RetryInfo.retryDelay` and `quotaResetDelay` in the
/// body, "Please try again in 7.66s" / "Please retry in 34s" in its text, then the reset headers of
/// a dimension that has nothing left. The first that is above zero decides; zero is answered only
/// where nothing better is said. Never negative, never above kLongestHint; rounded up to the
/// millisecond.
///
/// A date is taken relative to the answer's own `date` where it has one, so that a provider's clock
/// that differs from ours does not matter.
///
/// Reset headers come last because most providers mean the time until a limit is *full* again
/// there, and only where `remaining` is used up: Azure's negative remainder counts, a limit of 0 or
/// below (none, unknown) does not.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_hint(http::Headers headers,
                                                                  std::string_view body,
                                                                  WallTime wall);

/// The same where the body has been read already.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_hint(http::Headers headers,
                                                                  const ErrorFacts& facts,
                                                                  WallTime wall);

inline constexpr std::chrono::milliseconds kLongestHint = std::chrono::days(366);

/// `1h2m3.5s`, `194ms`, `6m0s`, `156h14m36.752463453s`, or a bare number of seconds. Units from
/// days to nanoseconds, each with a fraction. Nothing for anything else, negative ones included.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// IMF-fixdate, as in `Wed, 21 Oct 2026 07:28:00 GMT`.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text);

/// How far away the moment in a reset header is: a duration, seconds, RFC 3339, an HTTP date, or
/// Unix time in seconds or milliseconds. Past moments are zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_reset(std::string_view text,
                                                                   WallTime now);

}  // namespace keypool::provider
