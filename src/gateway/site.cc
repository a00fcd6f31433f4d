#include "gateway/site.h"

#include <stdexcept>
#include <utility>
#include <vector>

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

Site::Site(KeyPool& keys, const GatewayParts& parts,
           const std::optional<config::ListenTls>& listen_tls)
    : clock(parts.clock != nullptr ? *parts.clock : system_clock()),
      pool(keys),
      calls(parts.calls_kept),
      owners(parts.owners != nullptr ? *parts.owners : remembered_),
      ledger(parts.ledger),
      clients(parts.clients),
      salt(fresh_salt()),
      remembered_(clock) {
  if (listen_tls) tls_server = std::make_unique<TlsServer>(*listen_tls);
}

std::shared_ptr<const Rules> Site::make_rules(const config::Config& config) {
  std::vector<std::shared_ptr<const TlsClient>> tls;
  for (const auto& endpoint : config.endpoints) {
    auto& client = tls.emplace_back();
    if (!endpoint.base_url.tls) continue;
    auto& known = tls_by_authority_[endpoint.ca];
    if (!known) known = std::make_shared<const TlsClient>(endpoint.ca);
    client = known;
  }
  return std::make_shared<const Rules>(config, counters, std::move(tls));
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
