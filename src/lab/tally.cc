#include "lab/tally.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace keypool::lab {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSlices = 120;
constexpr WorldTime kNotServed{-1};
constexpr std::size_t kNoKey = static_cast<std::size_t>(-1);

/// The wait that `share` of the calls did not exceed. Sorts.
milliseconds percentile(std::vector<WorldTime>& waits, double share) {
  if (waits.empty()) return milliseconds{0};
  std::ranges::sort(waits);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(waits.size())));
  return std::chrono::ceil<milliseconds>(waits[std::max<std::size_t>(rank, 1) - 1]);
}

}  // namespace

double Outcome::failed_share() const noexcept {
  return offered == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(offered);
}

double Outcome::refused_per_thousand() const noexcept {
  return offered == 0 ? 0 : 1000 * static_cast<double>(refused) / static_cast<double>(offered);
}

double Outcome::followed_share() const noexcept {
  return followers == 0 ? 0 : static_cast<double>(followed) / static_cast<double>(followers);
}

Tally::Tally(const Simulation& simulation)
    : trace_(simulation.trace),
      waits_(simulation.trace.size(), kNotServed),
      served_by_(simulation.trace.size(), kNoKey) {
  outcome_.name = simulation.name;
  outcome_.offered = trace_.size();
  for (const Key& key : simulation.scenario.keys) outcome_.keys.push_back({.name = key.name});
  const WorldTime length = trace_.empty() ? WorldTime{0} : trace_.back().at;
  outcome_.slice_length = length / kSlices + WorldTime{1};
  outcome_.slices.resize(kSlices);
}

std::size_t Tally::slice_at(WorldTime time) const noexcept {
  const auto slice = static_cast<std::size_t>(time / outcome_.slice_length);
  return std::min(slice, kSlices - 1);
}

void Tally::refused(std::optional<std::size_t> key, WorldTime now) {
  ++outcome_.refused;
  ++outcome_.slices[slice_at(now)].refused;
  if (key) ++outcome_.keys[*key].refused;
}

void Tally::served(std::size_t call, std::optional<std::size_t> key, WorldTime began) {
  waits_[call] = began - trace_[call].at;
  if (!key) return;
  ++outcome_.keys[*key].served;
  served_by_[call] = *key;
}

void Tally::count_conversations() {
  std::unordered_map<std::uint64_t, std::size_t> last_key;
  for (std::size_t call = 0; call < trace_.size(); ++call) {
    if (trace_[call].conversation == 0 || served_by_[call] == kNoKey) continue;
    const auto [before, first] = last_key.try_emplace(trace_[call].conversation, served_by_[call]);
    if (first) continue;
    ++outcome_.followers;
    if (before->second == served_by_[call]) ++outcome_.followed;
    before->second = served_by_[call];
  }
}

Outcome Tally::outcome() && {
  std::vector<WorldTime> all;
  std::vector<std::vector<WorldTime>> by_slice(kSlices);
  for (std::size_t call = 0; call < trace_.size(); ++call) {
    const std::size_t number = slice_at(trace_[call].at);
    Slice& slice = outcome_.slices[number];
    ++slice.offered;
    if (waits_[call] == kNotServed) {
      ++slice.failed;
      ++outcome_.failed;
      continue;
    }
    ++slice.served;
    ++outcome_.served;
    all.push_back(waits_[call]);
    by_slice[number].push_back(waits_[call]);
  }
  for (std::size_t i = 0; i < kSlices; ++i) {
    outcome_.slices[i].wait_p99 = percentile(by_slice[i], 0.99);
  }
  outcome_.wait_p50 = percentile(all, 0.50);
  outcome_.wait_p99 = percentile(all, 0.99);
  outcome_.wait_max = percentile(all, 1);
  count_conversations();
  return std::move(outcome_);
}

}  // namespace keypool::lab
