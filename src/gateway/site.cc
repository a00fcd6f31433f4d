#include "gateway/site.h"

#include <algorithm>
#include <stdexcept>

#include <sys/random.h>

namespace keypool::gateway {
namespace {

std::vector<std::vector<std::size_t>> places_of_fallbacks(const config::Config& config) {
  std::vector<std::vector<std::size_t>> all;
  for (const auto& endpoint : config.endpoints) {
    auto& places = all.emplace_back();
    for (const auto& name : endpoint.fallback) {
      const auto other = std::ranges::find(config.endpoints, name, &config::Endpoint::name);
      if (other == config.endpoints.end()) throw std::invalid_argument("no endpoint " + name);
      places.push_back(static_cast<std::size_t>(other - config.endpoints.begin()));
    }
  }
  return all;
}

std::uint64_t fresh_salt() {
  std::uint64_t salt = 0;
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) {
    throw std::runtime_error("the kernel has no randomness to give");
  }
  return salt;
}

}  // namespace

Site::Site(const config::Config& settings, KeyPool& keys, const GatewayParts& parts)
    : config(settings),
      clock(parts.clock != nullptr ? *parts.clock : system_clock()),
      pool(keys),
      counters(settings.endpoints.size()),
      calls(parts.calls_kept),
      fallbacks(places_of_fallbacks(config)),
      owners(parts.owners != nullptr ? *parts.owners : remembered_),
      ledger(parts.ledger),
      clients(parts.clients),
      salt(fresh_salt()) {
  const auto has_tls = [](const config::Endpoint& endpoint) { return endpoint.base_url.tls; };
  if (std::ranges::any_of(config.endpoints, has_tls)) tls = std::make_unique<TlsClient>();
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
