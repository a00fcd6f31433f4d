#include "cli/kept_state.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "pool/key_counts.h"
#include "state/sticky.h"

namespace keypool::cli {
namespace {

void warn(std::string_view text) { spdlog::warn("{}", text); }

/// What was counted before, with what has been counted since.
std::vector<EndpointStats> added(std::vector<EndpointStats> before,
                                 const std::vector<EndpointStats>& since) {
  for (EndpointStats& endpoint : before) {
    const auto same = std::ranges::find(since, endpoint.endpoint, &EndpointStats::endpoint);
    if (same == since.end()) continue;
    std::map<std::string_view, const KeyStats*> now;
    for (const KeyStats& key : same->keys) now.emplace(key.name, &key);
    for (KeyStats& key : endpoint.keys) {
      if (const auto more = now.find(key.name); more != now.end())
        pool::add_counts(key, *more->second);
    }
  }
  return before;
}

}  // namespace

KeptState::KeptState(std::filesystem::path folder)
    : store_({.folder = std::move(folder), .use = state::StoreOptions::Use::gateway, .warn = warn}),
      stats_(store_),
      standing_(store_),
      callers_(store_, warn) {}

std::expected<void, std::string> KeptState::begin(KeyPool& pool, const config::KeyRegistry& keys,
                                                  std::vector<state::Client> clients) {
  if (const auto restored = restore(pool); !restored) {
    if (restored.error().kind != state::StoreError::Kind::unavailable) {
      return std::unexpected(restored.error().message);
    }
    spdlog::warn("{}. Calls go on; what earlier runs kept is missing until that works",
                 restored.error().message);
  }
  if (const auto known = callers_.configure(std::move(clients)); !known) {
    spdlog::warn("{}. Tokens that were made by `keypool token` are unknown until it can be read",
                 known.error().message);
  }
  ledger_ = std::make_unique<state::Ledger>(
      store_, state::LedgerOptions{.warn = warn, .and_then = [this, &pool, &keys] {
                                     save(pool, keys);
                                     callers_.look_again();
                                   }});
  return {};
}

// Before the first call, or, where the disk was in trouble then, between two later ones: a call
// that ends in that very moment may be missing in its key's counts, but not in the ledger.
std::expected<void, state::StoreError> KeptState::restore(KeyPool& pool) {
  if (auto opened = store_.open(); !opened) return opened;
  auto stats = stats_.load();
  if (!stats) return std::unexpected(stats.error());
  pool.restore_stats(added(std::move(*stats), pool.all_stats()));
  const auto standing = standing_.load();
  if (!standing) return std::unexpected(standing.error());
  pool.restore_standing(*standing);
  const auto owners =
      state::load_sticky(store_, system_clock().wall(), gateway::OwnersInMemory::kMost);
  if (!owners) return std::unexpected(owners.error());
  owners_.restore(*owners);
  owners_opening_ = store_.opening();
  restored_ = true;
  return {};
}

// Counts that cannot be written wait in memory, and the question fails for the same reason.
std::expected<std::vector<state::UsageRow>, state::StoreError> KeptState::usage(
    const state::UsageQuestion& question) {
  static_cast<void>(ledger_->flush());
  return state::usage(store_, question);
}

// What fails is tried again with the next call; the ledger tells of a disk in trouble.
void KeptState::save(KeyPool& pool, const config::KeyRegistry& keys) {
  if (!restored_ && !restore(pool)) return;
  static_cast<void>(stats_.save(pool.all_stats()));
  auto standing = pool.standing();
  // What the configuration disables is the configuration's to enable.
  for (EndpointStanding& endpoint : standing) {
    for (KeyStanding& key : endpoint.keys) {
      if (key.disabled && keys.disables(endpoint.endpoint, key.key)) key.disabled = false;
    }
  }
  static_cast<void>(standing_.save(standing));
  save_owners();
}

void KeptState::save_owners() {
  const auto opening = store_.opening();
  if (std::exchange(owners_opening_, opening) != opening) owners_.make_all_news();
  const auto news = owners_.take_news();
  if (!state::save_sticky(store_, news)) owners_.give_back(news);
}

}  // namespace keypool::cli
