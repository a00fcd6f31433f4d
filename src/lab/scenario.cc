#include "lab/scenario.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "lab/pattern.h"

namespace keypool::lab {

using namespace std::chrono_literals;

const Pace& Scenario::pace_of(std::string_view model) const noexcept {
  const auto entry = std::ranges::find_if(
      models, [model](const ModelPace& candidate) { return matches(candidate.match, model); });
  return entry == models.end() ? pace : entry->pace;
}

std::chrono::nanoseconds answer_time(const Pace& pace, std::uint64_t tokens) noexcept {
  if (pace.tokens_per_second <= 0) return pace.first_token;
  const std::chrono::duration<double> rest(static_cast<double>(tokens) / pace.tokens_per_second);
  return pace.first_token + std::chrono::duration_cast<std::chrono::nanoseconds>(rest);
}

Scenario default_scenario() {
  const auto key = [](const char* name, const char* secret, std::uint64_t rpm, std::uint64_t tpm) {
    return Key{
        .name = name, .secret = secret, .limits = {{"*", {.rpm = rpm, .tpm = tpm, .burst = 0.1}}}};
  };
  Scenario scenario;
  scenario.pace = {
      .tokens_from = 20, .tokens_to = 60, .first_token = 150ms, .tokens_per_second = 120};
  scenario.keys.push_back(key("DEMO_KEY_SMALL", "sk-demo-small", 60, 6'000));
  scenario.keys.push_back(key("DEMO_KEY_MEDIUM", "sk-demo-medium", 180, 18'000));
  scenario.keys.push_back(key("DEMO_KEY_LARGE", "sk-demo-large", 360, 36'000));
  return scenario;
}

Scenario unequal_keys_scenario() {
  constexpr std::uint64_t kTiers[] = {1, 2, 4, 8};
  Scenario scenario;
  scenario.pace = {.first_token = 500ms, .tokens_per_second = 50};
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::uint64_t tier = kTiers[i % std::size(kTiers)];
    scenario.keys.push_back({.name = "KEY_" + std::to_string(i + 1),
                             .secret = "sk-demo-" + std::to_string(i + 1),
                             .limits = {{"*", {.rpm = 60 * tier, .tpm = 60'000 * tier}}}});
  }
  return scenario;
}

}  // namespace keypool::lab
