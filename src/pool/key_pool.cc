#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include <keypool/key_pool.h>

#include "pool/directory.h"
#include "pool/endpoint.h"
#include "pool/key_counts.h"
#include "pool/key_list.h"

namespace keypool {
namespace {

/// Apart from the calls it is rare in, which then need no room for it.
[[gnu::noinline]] std::unexpected<LeaseError> unknown(std::string_view endpoint) {
  return std::unexpected(LeaseError{.kind = LeaseErrorKind::unknown_endpoint,
                                    .endpoint = std::string(endpoint),
                                    .tried = {},
                                    .retry_after = std::nullopt});
}

}  // namespace

/// Endpoints by name, and the stats of keys that are not registered (yet).
class KeyPool::State {
 public:
  explicit State(const Options& chosen)
      : options(chosen),
        clock(chosen.clock != nullptr ? *chosen.clock : system_clock()),
        schedule(std::make_shared<pool::Schedule>(chosen.on_due)) {}

  ~State() {
    for (pool::Endpoint* endpoint : directory.in_order()) endpoint->close();
  }

  [[nodiscard]] pool::Endpoint* find(std::string_view name) const noexcept {
    return directory.find(name);
  }

  /// Under `registration`.
  pool::Endpoint& find_or_add(std::string_view name) {
    if (pool::Endpoint* known = directory.find(name)) return *known;
    const auto number = static_cast<std::uint32_t>(directory.in_order().size());
    auto endpoint =
        std::make_unique<pool::Endpoint>(std::string(name), number, options, clock, schedule);
    directory.add(*endpoint);
    return *endpoint.release();
  }

  /// Under `registration`.
  bool add_key(pool::Endpoint& endpoint, std::string_view name, Secret secret,
               const KeyOptions& terms) {
    if (!add_with_stats(endpoint, name, std::move(secret), terms)) return false;
    const auto here = standing.find(endpoint.name());
    if (here == standing.end()) return true;
    if (const auto mine = here->second.find(name); mine != here->second.end()) {
      endpoint.restore(mine->second);
      here->second.erase(mine);
      if (here->second.empty()) standing.erase(here);
    }
    return true;
  }

  bool add_with_stats(pool::Endpoint& endpoint, std::string_view name, Secret secret,
                      const KeyOptions& terms) {
    const KeyId id{++last_id};
    const auto saved_here = saved.find(endpoint.name());
    if (saved_here == saved.end()) {
      return endpoint.add_key(id, name, std::move(secret), terms, nullptr);
    }
    auto& list = saved_here->second;
    const auto mine = std::find_if(list.begin(), list.end(),
                                   [&](const KeyStats& stats) { return stats.name == name; });
    const bool known = mine != list.end();
    if (!endpoint.add_key(id, name, std::move(secret), terms, known ? &*mine : nullptr))
      return false;
    if (known) list.erase(mine);
    if (list.empty()) saved.erase(saved_here);
    return true;
  }

  const Options options;
  const Clock& clock;
  const std::shared_ptr<pool::Schedule> schedule;

  mutable std::shared_mutex registration;
  pool::Directory directory;
  std::uint64_t last_id = 0;
  std::map<std::string, std::vector<KeyStats>, std::less<>> saved;  ///< by endpoint, not registered

  using StandingByKey = std::map<std::string, KeyStanding, std::less<>>;
  std::map<std::string, StandingByKey, std::less<>> standing;  ///< by endpoint, not registered
};

KeyPool::KeyPool(Options options) : state_(std::make_unique<State>(options)) {}

KeyPool::~KeyPool() = default;

Registration KeyPool::register_endpoint(std::string_view endpoint_name,
                                        const std::vector<std::string>& names,
                                        const KeyOptions& options) {
  Registration done;
  // Secrets are asked for outside of the lock: a source may take its time.
  struct Resolved {
    const std::string& variable;
    std::vector<pool::ListedKey> keys;
  };
  std::vector<Resolved> resolved;
  pool::Endpoint* known = state_->find(endpoint_name);
  for (const std::string& variable : names) {
    if (known != nullptr && known->has_key(variable)) continue;
    auto found = state_->options.secrets != nullptr ? state_->options.secrets->resolve(variable)
                                                    : std::nullopt;
    resolved.push_back({variable, {}});
    if (found) resolved.back().keys = pool::split_keys(variable, found->value.reveal());
  }

  std::unique_lock lock(state_->registration);
  pool::Endpoint& endpoint = state_->find_or_add(endpoint_name);
  for (Resolved& one : resolved) {
    if (one.keys.empty()) {
      endpoint.note_missing(one.variable);
      done.missing.push_back(one.variable);
      continue;
    }
    endpoint.note_found(one.variable);
    for (pool::ListedKey& key : one.keys) {
      if (state_->add_key(endpoint, key.name, std::move(key.secret), options)) ++done.added;
    }
  }
  return done;
}

bool KeyPool::add_key(std::string_view endpoint, NewKey key) {
  if (key.secret.empty()) return false;
  if (!key.group.empty()) key.options.group = key.group;
  std::unique_lock lock(state_->registration);
  return state_->add_key(state_->find_or_add(endpoint), key.name, std::move(key.secret),
                         key.options);
}

void KeyPool::configure_endpoint(std::string_view endpoint, const EndpointOptions& options) {
  std::unique_lock lock(state_->registration);
  state_->find_or_add(endpoint).configure(options);
}

bool KeyPool::configure_key(std::string_view endpoint_name, std::string_view key_name,
                            const KeyOptions& options) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->configure_key(key_name, options);
}

bool KeyPool::replace_secret(std::string_view endpoint_name, std::string_view key_name,
                             Secret secret) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->replace_secret(key_name, std::move(secret));
}

bool KeyPool::remove_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->remove_key(key_name);
}

std::expected<Lease, LeaseError> KeyPool::lease(std::string_view endpoint_name,
                                                const LeaseRequest& request) {
  pool::Endpoint* endpoint = state_->directory.find_again(endpoint_name);
  if (endpoint == nullptr) {
    endpoint = state_->find(endpoint_name);
    if (endpoint == nullptr) [[unlikely]]
      return unknown(endpoint_name);
    endpoint->fetch_ahead();
  }
  return endpoint->lease(request);
}

Waiting KeyPool::lease_when_ready(std::string_view endpoint_name, const WaitRequest& request,
                                  OnLease on_lease) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  if (endpoint != nullptr) return endpoint->lease_when_ready(request, std::move(on_lease));
  on_lease(unknown(endpoint_name));
  return {};
}

void KeyPool::run_due() {
  const MonotonicTime now = state_->clock.now();
  if (state_->schedule->next() > now) return;
  for (pool::Endpoint* endpoint : state_->schedule->take_due(now)) endpoint->serve();
}

MonotonicTime KeyPool::next_due() const noexcept { return state_->schedule->next(); }

void KeyPool::set_on_due(std::function<void(MonotonicTime)> on_due) {
  state_->schedule->set_on_due(std::move(on_due));
}

std::size_t KeyPool::waiting(std::string_view endpoint_name) const {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint == nullptr ? 0 : endpoint->waiting();
}

std::vector<LaneStats> KeyPool::lanes(std::string_view endpoint_name) const {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint == nullptr ? std::vector<LaneStats>() : endpoint->lanes();
}

std::expected<Lease, LeaseError> KeyPool::lease_or_env(std::string_view endpoint_name,
                                                       std::string_view fallback_name,
                                                       const LeaseRequest& request) {
  auto lease = this->lease(endpoint_name, request);
  if (lease || lease.error().kind == LeaseErrorKind::all_cooling) return lease;
  register_endpoint(endpoint_name, {std::string(fallback_name)});
  return this->lease(endpoint_name, request);
}

bool KeyPool::report_success(std::string_view endpoint_name, std::string_view key_name,
                             const Success& success) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->report_success(key_name, success);
}

bool KeyPool::report_rate_limit(std::string_view endpoint_name, std::string_view key_name,
                                std::optional<std::chrono::milliseconds> after,
                                std::optional<Dimension> limit) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->report_rate_limit(key_name, after, limit);
}

bool KeyPool::report_failure(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->report_failure(key_name);
}

bool KeyPool::disable_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->disable_key(key_name);
}

bool KeyPool::drain_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->drain_key(key_name);
}

bool KeyPool::probe_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->probe_key(key_name);
}

bool KeyPool::enable_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->enable_key(key_name);
}

bool KeyPool::reset_key(std::string_view endpoint_name, std::string_view key_name) {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint != nullptr && endpoint->reset_key(key_name);
}

std::vector<std::string> KeyPool::endpoints() const {
  std::shared_lock lock(state_->registration);
  std::vector<std::string> names;
  for (pool::Endpoint* endpoint : state_->directory.in_order()) {
    names.push_back(endpoint->name());
  }
  return names;
}

std::size_t KeyPool::total_keys() const {
  std::shared_lock lock(state_->registration);
  std::size_t total = 0;
  for (pool::Endpoint* endpoint : state_->directory.in_order()) total += endpoint->total_keys();
  return total;
}

std::size_t KeyPool::available_keys(std::string_view endpoint_name) const {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint == nullptr ? 0 : endpoint->available_keys();
}

std::vector<KeyStats> KeyPool::stats(std::string_view endpoint_name) const {
  pool::Endpoint* endpoint = state_->find(endpoint_name);
  return endpoint == nullptr ? std::vector<KeyStats>() : endpoint->stats();
}

std::vector<EndpointStats> KeyPool::all_stats() const {
  std::shared_lock lock(state_->registration);
  std::vector<EndpointStats> all;
  auto saved = state_->saved;
  for (pool::Endpoint* endpoint : state_->directory.in_order()) {
    EndpointStats& stats = all.emplace_back(endpoint->name(), endpoint->stats());
    for (KeyStats& left : endpoint->gone()) stats.keys.push_back(std::move(left));
    if (const auto mine = saved.extract(stats.endpoint); !mine.empty()) {
      stats.keys.insert(stats.keys.end(), mine.mapped().begin(), mine.mapped().end());
    }
  }
  for (auto& [endpoint, keys] : saved) all.push_back({endpoint, std::move(keys)});
  return all;
}

std::size_t KeyPool::restore_stats(const std::vector<EndpointStats>& saved) {
  std::unique_lock lock(state_->registration);
  std::size_t taken = 0;
  for (const EndpointStats& one : saved) {
    pool::Endpoint* endpoint = state_->find(one.endpoint);
    for (const KeyStats& stats : one.keys) {
      ++taken;
      if (endpoint != nullptr && endpoint->restore(stats)) continue;
      auto& list = state_->saved[one.endpoint];
      const auto before = std::find_if(
          list.begin(), list.end(), [&](const KeyStats& kept) { return kept.name == stats.name; });
      KeyStats& kept = before == list.end() ? list.emplace_back() : *before;
      kept = pool::not_registered(stats);
    }
  }
  return taken;
}

std::vector<EndpointStanding> KeyPool::standing() const {
  const pool::Moment moment = pool::Moment::of(state_->clock);
  std::shared_lock lock(state_->registration);
  std::vector<EndpointStanding> all;
  const auto add_kept = [&](std::string_view endpoint, std::vector<KeyStanding>& keys) {
    const auto here = state_->standing.find(endpoint);
    if (here == state_->standing.end()) return;
    for (const auto& [name, kept] : here->second) {
      if (auto holds = pool::what_still_holds(kept, moment)) keys.push_back(std::move(*holds));
    }
  };
  for (pool::Endpoint* endpoint : state_->directory.in_order()) {
    EndpointStanding standing{endpoint->name(), endpoint->standing()};
    add_kept(standing.endpoint, standing.keys);
    if (!standing.keys.empty()) all.push_back(std::move(standing));
  }
  for (const auto& [name, kept] : state_->standing) {
    if (state_->find(name) != nullptr) continue;
    EndpointStanding standing{name, {}};
    add_kept(name, standing.keys);
    if (!standing.keys.empty()) all.push_back(std::move(standing));
  }
  return all;
}

std::size_t KeyPool::restore_standing(const std::vector<EndpointStanding>& saved) {
  std::unique_lock lock(state_->registration);
  std::size_t taken = 0;
  for (const EndpointStanding& one : saved) {
    pool::Endpoint* endpoint = state_->find(one.endpoint);
    for (const KeyStanding& key : one.keys) {
      ++taken;
      if (endpoint != nullptr && endpoint->restore(key)) continue;
      state_->standing[one.endpoint].insert_or_assign(key.key, key);
    }
  }
  return taken;
}

}  // namespace keypool
