#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "state/usage.h"

namespace keypool::admin {

/// Which usage is asked for, told apart by what, and in which form.
struct UsageQuery {
  enum class Format { json, csv };

  state::UsageQuestion question;  ///< `from` and `until` are always told; one row more than a page
  std::vector<state::By> groups;  ///< what rows are told apart by, besides the time
  std::string_view period = "day";  ///< `none`: the time is not told apart
  std::size_t limit = 1000;         ///< rows to a page
  Format format = Format::json;
};

inline constexpr std::size_t kMostUsageRows = 100'000;

/// Reads `from=…&to=…&by=…&group=…,…&endpoint=…&key=…&model=…&client=…&offset=…&limit=…&format=…`.
/// Times are days or RFC 3339, widened to whole hours; without them the last 30 days are meant,
/// today included. Else a sentence that names the parameter and what it takes.
[[nodiscard]] std::expected<UsageQuery, std::string> read_usage_query(std::string_view query,
                                                                      WallTime now);

}  // namespace keypool::admin
