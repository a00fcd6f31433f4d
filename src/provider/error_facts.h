#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keypool::provider {

/// What an error's body says, out of whichever shape its provider gives it: `error` as object or as
/// plain string, its fields at the top level, an array around it, blank lines before it.
struct ErrorFacts {
  bool is_json = false;
  bool is_error = false;  ///< an `error` member, or the top level looks like one
  std::string code;       ///< also where it came as a number
  std::string type;
  std::string message;       ///< its beginning, up to kMessageBytes, in lower case
  std::string organization;  ///< whose limit or credit the message speaks of; empty: not told
  std::vector<std::string> labels;  ///< every machine-readable name: code, type, status, reasons, …
  std::vector<std::string> quota_ids;
  std::string limit_reset;  ///< when a key's own limit starts anew (OpenRouter): daily, a date, …
  bool zero_quota = false;  ///< a violated quota has the value 0
  bool upstream_code = false;  ///< OpenRouter passes another provider's refusal on
  std::optional<std::chrono::milliseconds> retry_delay;        ///< google.rpc.RetryInfo
  std::optional<std::chrono::milliseconds> quota_reset_delay;  ///< google.rpc.ErrorInfo

  [[nodiscard]] bool has_label(std::string_view label) const noexcept;
};

inline constexpr std::size_t kMessageBytes = 4096;

/// Never throws; of what is no JSON, only `message` is filled, with the body's beginning.
[[nodiscard]] ErrorFacts read_error(std::string_view body);

}  // namespace keypool::provider
