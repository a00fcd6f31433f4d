#include "cli/overview_data.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace keypool::cli {
namespace {

using nlohmann::json;

CallFigures figures_of(const json& from) {
  const json& calls = from.at("calls");
  const json& tokens = from.at("tokens");
  return {
      .answered = calls.at("answered"),
      .refused = calls.at("refused"),
      .broken = calls.at("broken"),
      .hung_up = calls.at("hung_up"),
      .in_flight = from.at("in_flight"),
      .waiting = from.at("waiting"),
      .rate_limits = from.at("rate_limits"),
      .tokens = tokens.at("input").get<std::uint64_t>() + tokens.at("output").get<std::uint64_t>()};
}

}  // namespace

std::uint64_t Overview::in_state(std::string_view state) const {
  const auto found = std::ranges::find(
      states, state, [](const auto& one) -> std::string_view { return one.first; });
  return found == states.end() ? 0 : found->second;
}

std::expected<Overview, std::string> read_overview(std::string_view body) try {
  const json answer = json::parse(body);
  Overview overview{.at = answer.at("at"),
                    .keys = answer.at("keys"),
                    .states = {},
                    .calls = figures_of(answer),
                    .endpoints = {}};
  for (const auto& [state, count] : answer.at("states").items()) {
    if (count.get<std::uint64_t>() > 0) overview.states.emplace_back(state, count);
  }
  for (const json& endpoint : answer.at("endpoints")) {
    overview.endpoints.push_back({.name = endpoint.at("name"),
                                  .keyless = endpoint.at("keyless"),
                                  .keys = endpoint.at("keys"),
                                  .ready = endpoint.at("states").at("ready"),
                                  .calls = figures_of(endpoint)});
  }
  return overview;
} catch (const json::exception& error) {
  return std::unexpected(error.what());
}

Pace::Rates Pace::rates(const CallFigures& totals, MonotonicTime now) {
  const Moment latest{now, totals.ended(), totals.tokens};
  if (!moments_.empty() &&
      (latest.ended < moments_.back().ended || latest.tokens < moments_.back().tokens)) {
    moments_.clear();
  }
  moments_.push_back(latest);
  while (moments_.size() > 2 && now - moments_[1].at >= kOver) moments_.pop_front();
  const Moment& first = moments_.front();
  const double seconds = std::chrono::duration<double>(now - first.at).count();
  if (seconds <= 0) return {};
  return {.calls = static_cast<double>(latest.ended - first.ended) / seconds,
          .tokens = static_cast<double>(latest.tokens - first.tokens) / seconds};
}

}  // namespace keypool::cli
