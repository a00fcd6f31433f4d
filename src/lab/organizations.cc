#include "lab/organizations.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lab/pattern.h"
#include "lab/simulation.h"

namespace keypool::lab {
namespace {

const Limits* limits_for(const ModelLimits& all, std::string_view model) {
  const auto found =
      std::ranges::find_if(all, [model](const auto& entry) { return matches(entry.first, model); });
  return found == all.end() ? nullptr : &found->second;
}

Limits for_simulated_model(const ModelLimits& all) {
  const Limits* limits = limits_for(all, kSimulatedModel);
  return limits ? *limits : Limits{};
}

ModelLimits for_every_model(const ModelLimits& all, std::string_view model) {
  const Limits* limits = limits_for(all, model);
  return limits ? ModelLimits{{"*", *limits}} : ModelLimits{};
}

}  // namespace

Organizations::Organizations(const Scenario& scenario) : scenario_(scenario) {
  for (const Key& key : scenario.keys) {
    limits_.try_emplace(name_of(key), for_simulated_model(key.limits));
  }
}

void Organizations::change(const LimitChange& change) {
  const auto key = std::ranges::find(scenario_.keys, change.key, &Key::name);
  if (key != scenario_.keys.end()) limits_[name_of(*key)] = for_simulated_model(change.limits);
}

std::string Organizations::name_of(const Key& key) {
  return key.organization.empty() ? "key " + key.name : "organization " + key.organization;
}

void LimitSum::add(const Limits& limits) noexcept {
  sum_.rpm += limits.rpm;
  sum_.rpd += limits.rpd;
  sum_.tpm += limits.tpm;
  sum_.input_tpm += limits.input_tpm;
  sum_.output_tpm += limits.output_tpm;
  weight_ += size_of(limits);
  bursts_ += limits.burst * size_of(limits);
}

Limits LimitSum::limits() const noexcept {
  Limits limits = sum_;
  if (weight_ > 0) limits.burst = bursts_ / weight_;
  return limits;
}

std::expected<Scenario, std::string> for_model(Scenario scenario, std::string_view model) {
  std::set<std::string_view> patterns;
  bool limited = false;
  for (const Key& key : scenario.keys) {
    for (const auto& [pattern, limits] : key.limits) patterns.insert(pattern);
    limited = limited || limits_for(key.limits, model) != nullptr;
  }
  if (!limited && !patterns.empty()) {
    return std::unexpected(fmt::format("no key has a limit for {}, but for {}",
                                       model.empty() ? "any model" : model,
                                       fmt::join(patterns, ", ")));
  }
  for (Key& key : scenario.keys) key.limits = for_every_model(key.limits, model);
  for (LimitChange& change : scenario.changes) {
    change.limits = for_every_model(change.limits, model);
  }
  scenario.pace = scenario.pace_of(model);
  scenario.models.clear();
  return scenario;
}

double size_of(const Limits& limits) noexcept {
  return static_cast<double>(limits.tpm + limits.input_tpm + limits.output_tpm + limits.rpm);
}

}  // namespace keypool::lab
