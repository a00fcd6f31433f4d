#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <keypool/clock.h>

#include "http/header.h"

namespace keypool::provider {

/// When the provider says to come back, from now: `retry-after-ms`, `x-ms-retry-after-ms`,
/// `retry-after` (seconds, fractions, HTTP date), `RetryInfo.retryDelay` and `quotaResetDelay` in the
/// body, "Please try again in 7.66s" / "Please retry in 34s" in its text, then the reset headers of a
/// dimension that has nothing left. The first that parses decides; never negative.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_hint(http::Headers headers,
                                                                  std::string_view body,
                                                                  WallTime wall);

/// `1h2m3.5s`, `194ms`, `6m0s`, or a bare number of seconds.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// IMF-fixdate, as in `Wed, 21 Oct 2026 07:28:00 GMT`.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace keypool::provider
