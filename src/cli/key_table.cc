#include "cli/key_table.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "cli/figures.h"

namespace keypool::cli {
namespace {

using nlohmann::json;

KeyRow row_of(const json& key) {
  KeyRow row{.endpoint = key.at("endpoint"),
             .name = key.at("name"),
             .state = key.at("state"),
             .reason = key.at("reason"),
             .ready_in = std::nullopt,
             .in_flight = key.at("in_flight"),
             .total_requests = key.at("total_requests"),
             .successes = key.at("successes"),
             .rate_limits = key.at("rate_limits"),
             .tokens = key.at("total_input_tokens").get<std::uint64_t>() +
                       key.at("total_output_tokens").get<std::uint64_t>(),
             .window_load = key.at("window_load")};
  if (const json& ahead = key.at("ready_in_ms"); !ahead.is_null()) {
    row.ready_in = std::chrono::milliseconds(ahead.get<std::int64_t>());
  }
  if (const json& room = key.at("headroom"); !room.is_null()) {
    TightestRoom tightest{
        .dimension = room.at("dimension"), .left = room.at("left"), .limit = room.at("limit")};
    if (tightest.limit > 0) {
      tightest.share_left = std::clamp(tightest.left / tightest.limit, 0.0, 1.0);
    }
    row.headroom = std::move(tightest);
  }
  return row;
}

}  // namespace

std::expected<KeyPage, std::string> key_page(std::string_view body) try {
  const json answer = json::parse(body);
  const json& keys = answer.at("keys");
  if (!keys.is_array()) return std::unexpected("`keys` is no list");
  KeyPage page{.keys = {}, .total = answer.at("total")};
  for (const json& key : keys) page.keys.push_back(row_of(key));
  return page;
} catch (const json::exception& error) {
  return std::unexpected(error.what());
}

Tone tone_of(std::string_view state) noexcept {
  if (state == "ready") return Tone::good;
  if (state == "cooling" || state == "draining") return Tone::warn;
  if (state == "disabled") return Tone::faint;
  return Tone::bad;
}

Table key_table(const std::vector<KeyRow>& keys) {
  using enum Table::Align;
  Table table({{"ENDPOINT", left, true},
               {"KEY", left, true},
               {"STATE"},
               {"READY"},
               {"IN FLIGHT", right},
               {"CALLS", right},
               {"OK", right},
               {"429", right},
               {"TOKENS", right},
               {"LOAD", right},
               {"WHY", left, true}});
  for (const KeyRow& key : keys) {
    table.add({{key.endpoint},
               {key.name, Tone::strong},
               {key.state, tone_of(key.state)},
               {until_text(key.ready_in)},
               {whole_count(key.in_flight)},
               {short_count(key.total_requests)},
               {short_count(key.successes)},
               {short_count(key.rate_limits), key.rate_limits > 0 ? Tone::warn : Tone::plain},
               {short_count(key.tokens)},
               {short_count(static_cast<std::uint64_t>(std::lround(key.window_load)))},
               {key.reason, Tone::faint}});
  }
  return table;
}

}  // namespace keypool::cli
