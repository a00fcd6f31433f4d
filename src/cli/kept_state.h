#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <keypool/key_pool.h>

#include "cli/callers.h"
#include "config/key_registry.h"
#include "gateway/resource_owners.h"
#include "state/ledger.h"
#include "state/snapshot.h"
#include "state/store.h"
#include "state/usage.h"

namespace keypool::cli {

/// What a gateway keeps from run to run: its keys' counts and what was found out about them, whose
/// account made what providers keep, and the ledger of usage.
///
/// Thread-safety: one thread, but for `usage`; the ledger and the owners as they say themselves.
class KeptState {
 public:
  /// `folder` as of state::StoreOptions.
  explicit KeptState(std::filesystem::path folder);

  /// Puts back what was kept, and keeps what comes, once a second and at the end. The error says
  /// why no gateway may start: another one works on the file, or a later keypool has written it. A
  /// disk in trouble is no reason: it is told, and tried again.
  ///
  /// `pool` has its keys; it and `keys`, which put them there, outlive this object. `clients` are
  /// the configuration's.
  [[nodiscard]] std::expected<void, std::string> begin(KeyPool& pool,
                                                       const config::KeyRegistry& keys,
                                                       std::vector<state::Client> clients);

  [[nodiscard]] gateway::ResourceOwners& owners() noexcept { return owners_; }

  /// Valid after `begin`.
  [[nodiscard]] state::Ledger& ledger() noexcept { return *ledger_; }

  /// What the ledger holds, calls that have just ended included. After `begin`, from any thread.
  [[nodiscard]] std::expected<std::vector<state::UsageRow>, state::StoreError> usage(
      const state::UsageQuestion& question);

  /// Valid after `begin`.
  [[nodiscard]] Callers& callers() noexcept { return callers_; }

 private:
  [[nodiscard]] std::expected<void, state::StoreError> restore(KeyPool& pool);
  void save(KeyPool& pool, const config::KeyRegistry& keys);
  void save_owners();

  state::Store store_;
  state::StatsKeeper stats_;
  state::StandingKeeper standing_;
  Callers callers_;
  gateway::OwnersInMemory owners_;
  bool restored_ = false;                  // what earlier runs kept
  std::uint64_t owners_opening_ = 0;       // of the store, that they were written in
  std::unique_ptr<state::Ledger> ledger_;  // last: its writer uses the others until its end
};

}  // namespace keypool::cli
