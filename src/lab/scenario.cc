#include "lab/scenario.h"

#include <algorithm>

#include "lab/pattern.h"

namespace keypool::lab {

using namespace std::chrono_literals;

const Pace& Scenario::pace_of(std::string_view model) const noexcept {
  const auto entry = std::ranges::find_if(
      models, [model](const ModelPace& candidate) { return matches(candidate.match, model); });
  return entry == models.end() ? pace : entry->pace;
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

}  // namespace keypool::lab
