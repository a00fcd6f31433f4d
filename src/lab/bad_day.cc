#include "lab/bad_day.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "lab/organizations.h"

namespace keypool::lab {
namespace {

constexpr double kWrongBy = 3;
constexpr std::size_t kKeysOfAGroup = 3;

/// The key that tells the limits of the smallest organization above the average; null without keys.
const Key* key_above_average(const Scenario& scenario) {
  const Organizations organizations(scenario);
  const auto size = [&](const Key& key) {
    return size_of(organizations.all().at(Organizations::name_of(key)));
  };
  double sum = 0;
  for (const auto& [name, limits] : organizations.all()) sum += size_of(limits);
  const double average = sum / static_cast<double>(organizations.all().size());
  const Key* found = nullptr;
  for (const Key& key : scenario.keys) {
    if (size(key) >= average && (found == nullptr || size(key) < size(*found))) found = &key;
  }
  return found;
}

std::uint64_t half_of(std::uint64_t limit) {
  return limit == 0 ? 0 : std::max<std::uint64_t>(limit / 2, 1);
}

void halve_a_limit(Simulation& simulation) {
  const Key* key = key_above_average(simulation.scenario);
  if (key == nullptr || simulation.trace.empty()) return;
  Limits limits = Organizations(simulation.scenario).all().at(Organizations::name_of(*key));
  for (std::uint64_t* limit :
       {&limits.rpm, &limits.rpd, &limits.tpm, &limits.input_tpm, &limits.output_tpm}) {
    *limit = half_of(*limit);
  }
  const WorldTime middle = simulation.trace.back().at / 2;
  simulation.scenario.changes.push_back(
      {.at = std::chrono::duration_cast<std::chrono::milliseconds>(middle),
       .key = key->name,
       .limits = {{"*", limits}}});
}

/// Lets organizations share one another's limits, so that all keys together have what they had.
void merge_organizations(Simulation& simulation) {
  Scenario& scenario = simulation.scenario;
  const Organizations before(scenario);
  const std::size_t groups = std::max<std::size_t>(scenario.keys.size() / kKeysOfAGroup, 1);
  std::map<std::string, std::size_t> group_of;
  std::vector<LimitSum> limits(groups);
  for (const Key& key : scenario.keys) {
    const std::string name = Organizations::name_of(key);
    const std::size_t group = group_of.size() % groups;
    if (group_of.emplace(name, group).second) limits[group].add(before.all().at(name));
  }
  std::vector<bool> told(groups);
  for (Key& key : scenario.keys) {
    const std::size_t group = group_of.at(Organizations::name_of(key));
    key.organization = fmt::format("group-{}", group + 1);
    key.limits.clear();
    if (!told[group]) key.limits = {{"*", limits[group].limits()}};
    told[group] = true;
  }
  simulation.organizations_told = false;
}

}  // namespace

std::string_view to_string(BadDay day) noexcept {
  switch (day) {
    case BadDay::none:
      return "plain";
    case BadDay::limit_halved:
      return "one limit halved";
    case BadDay::estimates_high:
      return "estimates x 3";
    case BadDay::estimates_low:
      return "estimates / 3";
    case BadDay::groups_untold:
      return "groups untold";
  }
  return {};
}

Simulation on(BadDay day, Simulation simulation) {
  switch (day) {
    case BadDay::none:
      break;
    case BadDay::limit_halved:
      halve_a_limit(simulation);
      break;
    case BadDay::estimates_high:
      simulation.estimate_factor *= kWrongBy;
      break;
    case BadDay::estimates_low:
      simulation.estimate_factor /= kWrongBy;
      break;
    case BadDay::groups_untold:
      merge_organizations(simulation);
      break;
  }
  return simulation;
}

}  // namespace keypool::lab
