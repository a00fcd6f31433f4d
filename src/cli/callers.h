#pragma once

#include <expected>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "state/clients_in_force.h"
#include "state/store.h"

namespace keypool::cli {

/// Who may call a gateway: the clients of its configuration, and those that `keypool token` keeps
/// in its state. Of two of one name that of the configuration counts.
///
/// Thread-safety: any thread at any time.
class Callers {
 public:
  /// `warn` is told what an operator must know. Both must outlive it.
  Callers(state::Store& store, std::function<void(std::string_view text)> warn)
      : store_(store), warn_(std::move(warn)) {}

  /// Puts them into force, at a start and whenever the configuration changes. Where the state
  /// cannot be read, those of the configuration are in force, and it is asked again.
  [[nodiscard]] std::expected<void, state::StoreError> configure(
      std::vector<state::Client> configured);

  /// Whether another process changed the state, and who may call with it: looked at now and then,
  /// it makes a token good, or good for nothing, while the gateway runs.
  void look_again();

  [[nodiscard]] const state::ClientsInForce& in_force() const noexcept { return in_force_; }

 private:
  [[nodiscard]] std::expected<void, state::StoreError> put_into_force();

  state::Store& store_;
  const std::function<void(std::string_view text)> warn_;
  state::ClientsInForce in_force_;

  std::mutex mutex_;  // guards what follows
  std::vector<state::Client> configured_;
  std::vector<state::Client> kept_;  // in the state
  std::int64_t seen_ = 0;            // of Store::changes_by_others; 0: not read
  bool in_place_ = false;
};

}  // namespace keypool::cli
