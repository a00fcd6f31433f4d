#include "gateway/site.h"

#include <algorithm>
#include <filesystem>
#include <map>
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
  std::map<std::filesystem::path, std::shared_ptr<const TlsClient>> by_authority;
  for (const auto& endpoint : config.endpoints) {
    auto& client = tls.emplace_back();
    if (!endpoint.base_url.tls) continue;
    auto& known = by_authority[endpoint.ca];
    if (!known) known = std::make_shared<const TlsClient>(endpoint.ca);
    client = known;
  }
  if (config.listen_tls) tls_server = std::make_unique<TlsServer>(*config.listen_tls);
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
