#include "state/standing_document.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "state/spelling.h"

namespace keypool::state {
namespace {

using nlohmann::json;

constexpr std::array kFaults{LaneFault::rate_limit, LaneFault::model_refused};
constexpr std::array kSources{LimitSource::learned, LimitSource::reported};

std::int64_t time_number(WallTime time) { return time.time_since_epoch().count(); }

WallTime time_from(const json& number) {
  return WallTime(std::chrono::milliseconds(number.get<std::int64_t>()));
}

std::optional<WallTime> optional_time(const json& owner, const char* field) {
  const auto found = owner.find(field);
  if (found == owner.end()) return std::nullopt;
  return time_from(*found);
}

json rest_json(const RestStanding& rest) {
  json one{{"since", time_number(rest.since)}, {"in_a_row", rest.in_a_row}};
  if (!rest.reason.empty()) one["reason"] = rest.reason;
  if (rest.until) one["until"] = time_number(*rest.until);
  return one;
}

std::optional<RestStanding> read_rest(const json& owner, const char* field) {
  const auto found = owner.find(field);
  if (found == owner.end()) return std::nullopt;
  return RestStanding{.reason = found->value("reason", std::string()),
                      .since = time_from(found->at("since")),
                      .until = optional_time(*found, "until"),
                      .in_a_row = found->value("in_a_row", 1U)};
}

json limit_json(const LimitStanding& limit) {
  json one{{"dimension", to_string(limit.dimension)},
           {"source", to_string(limit.source)},
           {"limit", limit.limit}};
  if (limit.full_at) one["full_at"] = time_number(*limit.full_at);
  return one;
}

json lane_json(const LaneStanding& lane) {
  json one{{"model", lane.model}};
  if (lane.fault != LaneFault::none) one["fault"] = to_string(lane.fault);
  if (lane.rest) one["rest"] = rest_json(*lane.rest);
  for (const LimitStanding& limit : lane.limits) one["limits"].push_back(limit_json(limit));
  return one;
}

LaneStanding read_lane(const json& from) {
  LaneStanding lane{.model = from.at("model").get<std::string>()};
  lane.fault = spelled(kFaults, from.value("fault", std::string())).value_or(LaneFault::none);
  if (lane.fault != LaneFault::none) lane.rest = read_rest(from, "rest");
  for (const json& limit : from.value("limits", json::array())) {
    const auto dimension = spelled(all_dimensions(), limit.at("dimension").get<std::string>());
    const auto source = spelled(kSources, limit.at("source").get<std::string>());
    if (!dimension || !source) continue;
    lane.limits.push_back({.dimension = *dimension,
                           .source = *source,
                           .limit = limit.at("limit").get<std::uint64_t>(),
                           .full_at = optional_time(limit, "full_at")});
  }
  return lane;
}

}  // namespace

std::string standing_text(const KeyStanding& standing) {
  json one = json::object();
  if (standing.disabled) one["disabled"] = true;
  if (standing.draining) one["draining"] = true;
  if (!standing.account.empty()) one["account"] = standing.account;
  if (standing.refused) one["refused"] = rest_json(*standing.refused);
  if (standing.depleted) one["depleted"] = rest_json(*standing.depleted);
  for (const LaneStanding& lane : standing.lanes) one["lanes"].push_back(lane_json(lane));
  return one.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<KeyStanding> read_standing(std::string_view key, std::string_view text) {
  try {
    const json from = json::parse(text);
    KeyStanding standing{.key = std::string(key),
                         .disabled = from.value("disabled", false),
                         .draining = from.value("draining", false),
                         .refused = read_rest(from, "refused"),
                         .account = from.value("account", std::string()),
                         .depleted = read_rest(from, "depleted")};
    for (const json& lane : from.value("lanes", json::array())) {
      standing.lanes.push_back(read_lane(lane));
    }
    return standing;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace keypool::state
