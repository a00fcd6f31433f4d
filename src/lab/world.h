#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <keypool/clock.h>

#include "lab/faults.h"
#include "lab/quota.h"
#include "lab/scenario.h"

namespace keypool::lab {

/// What a scenario becomes when it runs: a time of its own, organizations with their buckets, and
/// faults that count calls.
///
/// Thread-safety: none.
class World {
 public:
  /// `clock` must outlive the world, which begins now.
  World(Scenario scenario, const Clock& clock);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }

  /// Since the beginning, as the provider lives it.
  [[nodiscard]] WorldTime now() const noexcept;
  [[nodiscard]] WallTime wall(WorldTime now) const noexcept;
  /// How long a stretch of the provider's time takes on the caller's clock.
  [[nodiscard]] std::chrono::nanoseconds on_the_callers_clock(WorldTime time) const noexcept;

  /// The number of the key with this secret.
  [[nodiscard]] std::optional<std::size_t> key_of(std::string_view credential) const;

  /// What the key's organization may spend on a model; null where nothing limits it.
  [[nodiscard]] Quota* quota(std::size_t key, std::string_view model, WorldTime now);

  [[nodiscard]] FaultScript& faults() noexcept { return faults_; }

  /// The models that the scenario names.
  [[nodiscard]] std::vector<std::string> models() const;

 private:
  void apply_changes(WorldTime now);

  Scenario scenario_;
  const Clock& clock_;
  MonotonicTime begin_;
  WallTime wall_begin_;
  std::unordered_map<std::string_view, std::size_t> key_by_secret_;
  std::vector<std::shared_ptr<Organization>> organization_of_key_;
  FaultScript faults_;
  std::size_t changes_applied_ = 0;
};

}  // namespace keypool::lab
