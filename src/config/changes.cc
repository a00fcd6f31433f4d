#include "config/changes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace keypool::config {
namespace {

/// A field, as it is called in the file, and whether two owners of it agree.
template <class Owner>
struct Compared {
  std::string_view name;
  bool (*same)(const Owner& a, const Owner& b);
};

/// `limits` with as many places for clients as `places` has: these are given out at the start.
Limits with_places_of(const Limits& places, Limits limits) {
  limits.connections = places.connections;
  limits.connections_per_client = places.connections_per_client;
  return limits;
}

constexpr std::array kEndpointFields = {
    Compared<Endpoint>{
        "base_url", [](const Endpoint& a, const Endpoint& b) { return a.base_url == b.base_url; }},
    Compared<Endpoint>{"ca", [](const Endpoint& a, const Endpoint& b) { return a.ca == b.ca; }},
    Compared<Endpoint>{"dialect",
                       [](const Endpoint& a, const Endpoint& b) { return a.dialect == b.dialect; }},
    Compared<Endpoint>{"policy",
                       [](const Endpoint& a, const Endpoint& b) { return a.policy == b.policy; }},
    Compared<Endpoint>{
        "affinity", [](const Endpoint& a, const Endpoint& b) { return a.affinity == b.affinity; }},
    Compared<Endpoint>{
        "cooldown", [](const Endpoint& a, const Endpoint& b) { return a.cooldown == b.cooldown; }},
    Compared<Endpoint>{
        "attempts", [](const Endpoint& a, const Endpoint& b) { return a.attempts == b.attempts; }},
    Compared<Endpoint>{
        "max_wait", [](const Endpoint& a, const Endpoint& b) { return a.max_wait == b.max_wait; }},
    Compared<Endpoint>{
        "fallback", [](const Endpoint& a, const Endpoint& b) { return a.fallback == b.fallback; }},
};

constexpr std::array kOtherFields = {
    Compared<Config>{"limits",
                     [](const Config& a, const Config& b) {
                       return a.limits == with_places_of(a.limits, b.limits);
                     }},
    Compared<Config>{"routes",
                     [](const Config& a, const Config& b) { return a.routes == b.routes; }},
    Compared<Config>{"prices",
                     [](const Config& a, const Config& b) { return a.prices == b.prices; }},
    Compared<Config>{"clients",
                     [](const Config& a, const Config& b) { return a.clients == b.clients; }},
    Compared<Config>{
        "admin.token_hash",
        [](const Config& a, const Config& b) { return a.admin_token_hash == b.admin_token_hash; }},
};

constexpr std::array kFixedFields = {
    Compared<Config>{"listen",
                     [](const Config& a, const Config& b) {
                       return a.listen == b.listen && a.listen_tls == b.listen_tls;
                     }},
    Compared<Config>{"limits.connections",
                     [](const Config& a, const Config& b) {
                       return a.limits.connections == b.limits.connections;
                     }},
    Compared<Config>{"limits.connections_per_client",
                     [](const Config& a, const Config& b) {
                       return a.limits.connections_per_client == b.limits.connections_per_client;
                     }},
    Compared<Config>{"admin.listen",
                     [](const Config& a, const Config& b) { return a.admin == b.admin; }},
    Compared<Config>{"threads",
                     [](const Config& a, const Config& b) { return a.threads == b.threads; }},
    Compared<Config>{"state", [](const Config& a, const Config& b) { return a.state == b.state; }},
};

template <class Owner, std::size_t Count>
std::vector<std::string> differing(const std::array<Compared<Owner>, Count>& fields,
                                   const Owner& before, const Owner& after) {
  std::vector<std::string> names;
  for (const auto& field : fields) {
    if (!field.same(before, after)) names.emplace_back(field.name);
  }
  return names;
}

const Endpoint* find(const Config& config, std::string_view name) {
  const auto found = std::ranges::find(config.endpoints, name, &Endpoint::name);
  return found == config.endpoints.end() ? nullptr : &*found;
}

}  // namespace

ConfigChanges changes_between(const Config& before, const Config& after) {
  ConfigChanges changes;
  for (const Endpoint& endpoint : after.endpoints) {
    const Endpoint* const was = find(before, endpoint.name);
    if (was == nullptr) {
      changes.added.push_back(endpoint.name);
    } else if (auto fields = differing(kEndpointFields, *was, endpoint); !fields.empty()) {
      changes.changed.push_back({endpoint.name, std::move(fields)});
    }
  }
  for (const Endpoint& endpoint : before.endpoints) {
    if (find(after, endpoint.name) == nullptr) changes.removed.push_back(endpoint.name);
  }
  changes.others = differing(kOtherFields, before, after);
  changes.need_restart = differing(kFixedFields, before, after);
  return changes;
}

void keep_what_needs_restart(const Config& before, Config& after) {
  after.listen = before.listen;
  after.listen_tls = before.listen_tls;
  after.limits = with_places_of(before.limits, after.limits);
  after.admin = before.admin;
  after.threads = before.threads;
  after.state = before.state;
}

}  // namespace keypool::config
