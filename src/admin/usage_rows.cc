#include "admin/usage_rows.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

using nlohmann::json;
using state::By;
using state::Figure;
using state::Figures;

/// Each label under its name. A key's has its endpoint before it.
std::vector<std::pair<std::string_view, std::string>> named_labels(const std::vector<By>& by,
                                                                   const state::UsageRow& row) {
  std::vector<std::pair<std::string_view, std::string>> labels;
  for (std::size_t at = 0; at < by.size(); ++at) {
    const std::string& label = row.labels[at];
    switch (by[at]) {
      case By::hour:
        labels.emplace_back("start", label.substr(0, label.size() - 1) + ":00Z");
        break;
      case By::day:
        labels.emplace_back("start", label + "T00:00:00Z");
        break;
      case By::month:
        labels.emplace_back("start", label + "-01T00:00:00Z");
        break;
      case By::key: {
        const std::size_t slash = label.find('/');
        labels.emplace_back("endpoint", label.substr(0, slash));
        labels.emplace_back("key", label.substr(slash + 1));
        break;
      }
      case By::endpoint:
      case By::model:
      case By::client:
        labels.emplace_back(to_string(by[at]), label);
        break;
    }
  }
  return labels;
}

constexpr auto kOutcomes = std::to_array(
    {Figure::succeeded, Figure::rate_limited, Figure::refused, Figure::failed, Figure::hung_up});

constexpr auto kTokens = std::to_array<std::pair<std::string_view, Figure>>({
    {"input", Figure::input_tokens},
    {"cached_input", Figure::cached_tokens},
    {"cache_write", Figure::cache_write_tokens},
    {"cache_write_1h", Figure::cache_write_1h_tokens},
    {"audio_input", Figure::audio_input_tokens},
    {"output", Figure::output_tokens},
    {"reasoning", Figure::reasoning_tokens},
    {"audio_output", Figure::audio_output_tokens},
});

std::string csv_field(std::string_view text) {
  const bool formula = text.find_first_of("=+-@\t\r") == 0;
  if (!formula && text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string all = formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') all += '"';
    all += c;
  }
  return all + '"';
}

}  // namespace

json tokens_json(const Figures& figures) {
  json tokens = json::object();
  for (const auto& [name, figure] : kTokens) tokens[std::string(name)] = figures[figure];
  return tokens;
}

double cost_usd(const Figures& figures) noexcept {
  return static_cast<double>(figures[Figure::cost_micro_usd]) / 1e6;
}

json figures_json(const Figures& figures) {
  json outcomes = json::object();
  for (const Figure outcome : kOutcomes)
    outcomes[std::string(to_string(outcome))] = figures[outcome];
  return {{"calls", figures.requests()},
          {"outcomes", std::move(outcomes)},
          {"tokens", tokens_json(figures)},
          {"cost_usd", cost_usd(figures)},
          {"estimated", figures[Figure::estimated]}};
}

json usage_row_json(const std::vector<By>& by, const state::UsageRow& row) {
  json all = figures_json(row.figures);
  for (auto& [name, label] : named_labels(by, row)) all[std::string(name)] = std::move(label);
  return all;
}

std::string usage_csv(const std::vector<By>& by, const std::vector<state::UsageRow>& rows) {
  const state::UsageRow untold{.labels = std::vector<std::string>(by.size(), "0000"),
                               .figures = {}};
  std::string text;
  for (const auto& [name, label] : named_labels(by, untold)) text += fmt::format("{},", name);
  text += "calls";
  for (const Figure outcome : kOutcomes) text += fmt::format(",{}", to_string(outcome));
  for (const auto& [name, figure] : kTokens) text += fmt::format(",{}_tokens", name);
  text += ",cost_usd,estimated\r\n";
  for (const state::UsageRow& row : rows) {
    for (const auto& [name, label] : named_labels(by, row)) text += csv_field(label) + ',';
    text += std::to_string(row.figures.requests());
    for (const Figure outcome : kOutcomes) text += fmt::format(",{}", row.figures[outcome]);
    for (const auto& [name, figure] : kTokens) text += fmt::format(",{}", row.figures[figure]);
    text += fmt::format(",{:.6f},{}\r\n", cost_usd(row.figures), row.figures[Figure::estimated]);
  }
  return text;
}

std::string hour_text(state::Hour hour) {
  const auto seconds = static_cast<std::int64_t>(hour) * 3600;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

}  // namespace keypool::admin
