#include "gateway/site.h"

#include <stdexcept>

#include <sys/random.h>

namespace keypool::gateway {
namespace {

std::uint64_t fresh_salt() {
  std::uint64_t salt = 0;
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) {
    throw std::runtime_error("the kernel has no randomness to give");
  }
  return salt;
}

}  // namespace

Site::Site(KeyPool& keys, const GatewayParts& parts)
    : clock(parts.clock != nullptr ? *parts.clock : system_clock()),
      pool(keys),
      calls(parts.calls_kept),
      owners(parts.owners != nullptr ? *parts.owners : remembered_),
      ledger(parts.ledger),
      clients(parts.clients),
      salt(fresh_salt()),
      remembered_(clock) {}

std::shared_ptr<const Rules> Site::make_rules(const config::Config& config) {
  if (tls_ == nullptr && needs_tls(config)) tls_ = std::make_unique<TlsClient>();
  return std::make_shared<const Rules>(config, counters, tls_.get());
}

void Site::client_went() {
  if (counters.connections.fetch_sub(1) > 1) return;
  const std::lock_guard lock(mutex_);
  all_went_.notify_all();
}

bool Site::wait_for_all_to_go(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return all_went_.wait_for(lock, time, [this] { return counters.connections.load() == 0; });
}

}  // namespace keypool::gateway
