#include "lab/world.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace keypool::lab {

World::World(Scenario scenario, const Clock& clock)
    : scenario_(std::move(scenario)),
      clock_(clock),
      begin_(clock.now()),
      wall_begin_(clock.wall()),
      faults_(scenario_.faults) {
  std::ranges::stable_sort(scenario_.changes, {}, &LimitChange::at);
  std::map<std::string, std::shared_ptr<Organization>> by_name;
  for (std::size_t i = 0; i < scenario_.keys.size(); ++i) {
    const Key& key = scenario_.keys[i];
    key_by_secret_.emplace(key.secret, i);
    std::shared_ptr<Organization> own;
    auto& organization = key.organization.empty() ? own : by_name[key.organization];
    if (!organization) organization = std::make_shared<Organization>(key.limits);
    organization_of_key_.push_back(organization);
  }
}

WorldTime World::now() const noexcept {
  const double real = static_cast<double>((clock_.now() - begin_).count());
  return WorldTime{static_cast<WorldTime::rep>(real * scenario_.time_scale)};
}

WallTime World::wall(WorldTime now) const noexcept {
  return wall_begin_ + std::chrono::duration_cast<std::chrono::milliseconds>(now);
}

std::chrono::nanoseconds World::on_the_callers_clock(WorldTime time) const noexcept {
  const double real = static_cast<double>(time.count()) / scenario_.time_scale;
  return std::chrono::nanoseconds{static_cast<std::chrono::nanoseconds::rep>(real)};
}

std::optional<std::size_t> World::key_of(std::string_view credential) const {
  const auto key = key_by_secret_.find(credential);
  if (key == key_by_secret_.end()) return std::nullopt;
  return key->second;
}

Quota* World::quota(std::size_t key, std::string_view model, WorldTime now) {
  apply_changes(now);
  return organization_of_key_[key]->quota(model, now);
}

void World::apply_changes(WorldTime now) {
  const auto& changes = scenario_.changes;
  for (; changes_applied_ < changes.size() && changes[changes_applied_].at <= now;
       ++changes_applied_) {
    const LimitChange& change = changes[changes_applied_];
    const auto key = std::ranges::find(scenario_.keys, change.key, &Key::name);
    if (key == scenario_.keys.end()) continue;
    const auto number = static_cast<std::size_t>(key - scenario_.keys.begin());
    organization_of_key_[number]->change(now, change.limits);
  }
}

std::vector<std::string> World::models() const {
  std::set<std::string> names;
  const auto add = [&names](const std::string& pattern) {
    if (pattern.find('*') == std::string::npos) names.insert(pattern);
  };
  for (const ModelPace& model : scenario_.models) add(model.match);
  for (const Key& key : scenario_.keys) {
    for (const auto& [pattern, limits] : key.limits) add(pattern);
  }
  if (names.empty()) names.insert("lab-model");
  return {names.begin(), names.end()};
}

}  // namespace keypool::lab
