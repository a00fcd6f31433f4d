#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include <keypool/clock.h>
#include <keypool/key_pool.h>

#include "config/config.h"
#include "gateway/call_log.h"
#include "gateway/counters.h"
#include "gateway/gateway.h"
#include "gateway/resource_owners.h"
#include "gateway/rules.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// What all reactors share, whatever the configuration: the keys, the counters, the clock.
/// Constant, but for the pool and the counters, which synchronize themselves.
struct Site {
  /// Throws std::runtime_error when a file that `listen_tls` names cannot be used.
  Site(KeyPool& keys, const GatewayParts& parts,
       const std::optional<config::ListenTls>& listen_tls);

  /// Not while another thread does the same. Throws std::runtime_error when the authority of an
  /// endpoint cannot be used.
  [[nodiscard]] std::shared_ptr<const Rules> make_rules(const config::Config& config);

  void client_came() noexcept { counters.connections.fetch_add(1); }
  void client_went();

  /// Waits until no client is connected. False: `time` passed first.
  [[nodiscard]] bool wait_for_all_to_go(std::chrono::milliseconds time);

  const Clock& clock;
  KeyPool& pool;
  Counters counters;
  CallLog calls;
  std::unique_ptr<TlsServer> tls_server;  ///< null: clients speak plainly
  ResourceOwners& owners;
  state::Ledger* const ledger;                 ///< null: usage is counted by key only
  const state::ClientsInForce* const clients;  ///< null: callers are not asked who they are

  const std::uint64_t salt;  ///< secret: of hashes of what clients send

 private:
  std::map<std::filesystem::path, std::shared_ptr<const TlsClient>> tls_by_authority_;
  OwnersInMemory remembered_;
  std::mutex mutex_;
  std::condition_variable all_went_;
};

}  // namespace keypool::gateway
