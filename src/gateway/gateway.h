#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "config/config.h"
#include "gateway/counters.h"
#include "gateway/resource_owners.h"
#include "state/call_record.h"
#include "state/clients_in_force.h"
#include "state/ledger.h"

namespace keypool::gateway {

/// What a gateway works with besides its configuration and keys. Everything outlives it.
struct GatewayParts {
  const Clock* clock = nullptr;                    ///< the pool's own; null: the machine's
  ResourceOwners* owners = nullptr;                ///< null: they are remembered in memory
  state::Ledger* ledger = nullptr;                 ///< null: usage is counted by key only
  const state::ClientsInForce* clients = nullptr;  ///< null: callers are not asked who they are
  std::size_t calls_kept = 1000;  ///< how many calls that have ended are remembered
};

/// The data path: listens, leases a key for each call, relays it, settles the lease.
///
/// Threads: `start` makes `Config::threads` of its own, each with a reactor; a connection stays on
/// one. Thread-safety: members may be called from any thread, `start` once.
class Gateway {
 public:
  /// `pool` holds the keys already, under the endpoints' names, and must outlive the gateway, which
  /// takes its Options::on_due over.
  Gateway(const config::Config& config, KeyPool& pool, const GatewayParts& parts = {});
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway();  ///< stops at once

  /// Listens and serves. The error says which address could not be had and why.
  [[nodiscard]] std::expected<void, std::string> start();

  /// The port in use, also where the configuration said 0. Valid after `start`.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Calls being served now.
  [[nodiscard]] std::size_t in_flight() const noexcept;

  /// What became of the calls so far. Valid as long as the gateway.
  [[nodiscard]] const Counters& counters() const noexcept;

  /// The calls that ended last, of those that are asked for, the newest first.
  [[nodiscard]] std::vector<state::CallRecord> calls(const state::CallQuestion& question) const;

  /// From now on calls begin by another configuration; those that run end by the one that they
  /// began with. Where it listens and how many threads there are stays as it was at the start.
  /// While `change_keys` brings the pool in line, no call asks for a key: none sees the keys of the
  /// one and the endpoints of the other. False, and nothing changed: it does not run.
  bool reload(const config::Config& config, const std::function<void()>& change_keys);

  /// Accepts no new call, lets the running ones end within `grace`, then cuts them off. Returns how
  /// many were cut off. Blocks until all is over.
  std::size_t drain(std::chrono::milliseconds grace);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool::gateway
