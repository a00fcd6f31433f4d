#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

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
  Site(KeyPool& keys, const GatewayParts& parts);

  /// Not while another thread does the same.
  [[nodiscard]] std::shared_ptr<const Rules> make_rules(const config::Config& config);

  void client_came() noexcept { counters.connections.fetch_add(1); }
  void client_went();

  /// Waits until no client is connected. False: `time` passed first.
  [[nodiscard]] bool wait_for_all_to_go(std::chrono::milliseconds time);

  const Clock& clock;
  KeyPool& pool;
  Counters counters;
  CallLog calls;
  ResourceOwners& owners;
  state::Ledger* const ledger;                 ///< null: usage is counted by key only
  const state::ClientsInForce* const clients;  ///< null: callers are not asked who they are

  const std::uint64_t salt;  ///< secret: of hashes of what clients send

 private:
  std::unique_ptr<TlsClient> tls_;  // from the first endpoint that needs it
  OwnersInMemory remembered_;
  std::mutex mutex_;
  std::condition_variable all_went_;
};

}  // namespace keypool::gateway
