#include "admin/key_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {

using nlohmann::json;
using std::chrono::milliseconds;

std::string rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

json time_json(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return rfc3339(*time);
}

json time_left_json(const std::optional<WallTime>& until, WallTime now) {
  if (!until) return nullptr;
  return std::max(milliseconds(0), *until - now).count();
}

json room_json(const LaneStats::Room& room) {
  return {{"dimension", to_string(room.dimension)},
          {"source", to_string(room.source)},
          {"limit", room.limit},
          {"left", std::round(room.left)}};
}

json key_json(std::string_view endpoint, const KeyStats& key,
              const std::optional<TightestLimit>& headroom, WallTime now) {
  json tightest = nullptr;
  if (headroom) {
    tightest = room_json(headroom->room);
    tightest["model"] = headroom->model;
  }
  return {{"endpoint", endpoint},
          {"name", key.name},
          {"state", to_string(key.state)},
          {"reason", key.reason},
          {"until", time_json(key.until)},
          {"ready_in_ms", time_left_json(key.until, now)},
          {"headroom", std::move(tightest)},
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
          {"last_rate_limit_at", time_json(key.last_rate_limit_at)},
          {"last_success_at", time_json(key.last_success_at)}};
}

json lane_json(const LaneStats& lane, WallTime now) {
  json rooms = json::array();
  for (const LaneStats::Room& room : lane.rooms) rooms.push_back(room_json(room));
  return {{"model", lane.model},
          {"keys", lane.keys},
          {"in_flight", lane.in_flight},
          {"load", std::round(lane.load)},
          {"limits", std::move(rooms)},
          {"resting", lane.resting},
          {"until", time_json(lane.until)},
          {"ready_in_ms", time_left_json(lane.until, now)}};
}

}  // namespace keypool::admin
