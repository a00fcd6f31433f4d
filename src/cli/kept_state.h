#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <keypool/key_pool.h>

#include "cli/callers.h"
#include "state/ledger.h"
#include "state/snapshot.h"
#include "state/store.h"
#include "state/usage.h"

namespace keypool::cli {

/// What a gateway keeps from run to run: its keys' counts, which of them an operator has disabled,
/// the ledger of usage, and clients' tokens.
///
/// Thread-safety: one thread, but for `usage`; the ledger as it says itself.
class KeptState {
 public:
  /// `folder` as of state::StoreOptions.
  explicit KeptState(std::filesystem::path folder);

  /// Puts back what was kept, and keeps what comes, once a second and at the end. The error says
  /// why no gateway may start: another one works on the file, or a later keypool has written it. A
  /// disk in trouble is no reason: it is told, and tried again.
  ///
  /// `pool` has its keys, and outlives this object. `clients` are the configuration's.
  [[nodiscard]] std::expected<void, std::string> begin(KeyPool& pool,
                                                       std::vector<state::Client> clients);

  /// Valid after `begin`.
  [[nodiscard]] state::Ledger& ledger() noexcept { return *ledger_; }

  /// What the ledger holds, calls that have just ended included. After `begin`, from any thread.
  [[nodiscard]] std::expected<std::vector<state::UsageRow>, state::StoreError> usage(
      const state::UsageQuestion& question);

  /// Valid after `begin`.
  [[nodiscard]] Callers& callers() noexcept { return callers_; }

 private:
  using KeyName = std::pair<std::string, std::string>;  // of its endpoint, and its own

  [[nodiscard]] std::expected<void, state::StoreError> restore(KeyPool& pool);
  void save(const KeyPool& pool);

  state::Store store_;
  state::StatsKeeper stats_;
  Callers callers_;
  std::set<KeyName> disabled_by_configuration_;
  state::Findings saved_;
  std::unique_ptr<state::Ledger> ledger_;  // last: its writer uses the others until its end
};

}  // namespace keypool::cli
