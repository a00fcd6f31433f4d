#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include <keypool/key_pool.h>

#include "config/config.h"
#include "gateway/counters.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// What all reactors share: the configuration, the keys, the counters. Constant, but for the pool
/// and the counters, which synchronize themselves.
struct Site {
  Site(const config::Config& settings, KeyPool& keys)
      : config(settings), pool(keys), counters(settings.endpoints.size()) {
    for (const auto& endpoint : config.endpoints) {
      if (endpoint.base_url.tls && !tls) tls = std::make_unique<TlsClient>();
    }
  }

  void client_came() noexcept { counters.connections.fetch_add(1); }

  void client_went() {
    if (counters.connections.fetch_sub(1) > 1) return;
    const std::lock_guard lock(mutex_);
    all_went_.notify_all();
  }

  /// Waits until no client is connected. False: `time` passed first.
  [[nodiscard]] bool wait_for_all_to_go(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return all_went_.wait_for(lock, time, [this] { return counters.connections.load() == 0; });
  }

  const config::Config config;
  KeyPool& pool;
  Counters counters;
  std::unique_ptr<TlsClient> tls;  ///< null where no endpoint needs it

 private:
  std::mutex mutex_;
  std::condition_variable all_went_;
};

}  // namespace keypool::gateway
