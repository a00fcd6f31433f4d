#include "admin/key_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

using std::chrono::milliseconds;

nlohmann::json time_or_null(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return rfc3339(*time);
}

nlohmann::json remaining_or_null(const std::optional<WallTime>& until, WallTime now) {
  if (!until) return nullptr;
  return std::max(milliseconds(0), *until - now).count();
}

}  // namespace

std::string rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

nlohmann::json key_json(std::string_view endpoint, const KeyStats& key, WallTime now) {
  return {{"endpoint", endpoint},
          {"name", key.name},
          {"state", to_string(key.state)},
          {"reason", key.reason},
          {"until", time_or_null(key.until)},
          {"ready_in_ms", remaining_or_null(key.until, now)},
          {"in_flight", key.in_flight},
          {"window_load", std::round(key.window_load)},
          {"total_requests", key.total_requests},
          {"successes", key.successes},
          {"failures", key.failures},
          {"rate_limits", key.rate_limits},
          {"abandoned", key.abandoned},
          {"last_failure", key.last_failure},
          {"success_rate", key.success_rate()},
          {"total_latency_ms", key.total_latency.count()},
          {"average_latency_ms", key.average_latency_ms()},
          {"total_input_tokens", key.total_input_tokens},
          {"total_output_tokens", key.total_output_tokens},
          {"last_rate_limit_at", time_or_null(key.last_rate_limit_at)},
          {"last_success_at", time_or_null(key.last_success_at)}};
}

}  // namespace keypool::admin
