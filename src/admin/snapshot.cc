#include "admin/snapshot.h"

namespace keypool::admin {

Snapshot take_snapshot(const Subject& subject) {
  Snapshot snapshot{
      .at = subject.clock.wall(), .endpoints = {}, .waiting = {}, .traffic = subject.traffic()};
  for (const config::Endpoint& endpoint : subject.config.endpoints) {
    snapshot.endpoints.push_back({endpoint.name, subject.pool.stats(endpoint.name)});
    snapshot.waiting.push_back(subject.pool.waiting(endpoint.name));
  }
  snapshot.traffic.endpoints.resize(snapshot.endpoints.size());
  return snapshot;
}

std::array<std::size_t, kKeyStates.size()> count_states(const std::vector<KeyStats>& keys) {
  std::array<std::size_t, kKeyStates.size()> counts{};
  for (const KeyStats& key : keys) ++counts[static_cast<std::size_t>(key.state)];
  return counts;
}

}  // namespace keypool::admin
