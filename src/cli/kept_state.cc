#include "cli/kept_state.h"

#include <spdlog/spdlog.h>

namespace keypool::cli {
namespace {

void warn(std::string_view text) { spdlog::warn("{}", text); }

}  // namespace

KeptState::KeptState(std::filesystem::path folder)
    : store_({.folder = std::move(folder), .use = state::StoreOptions::Use::gateway, .warn = warn}),
      stats_(store_),
      callers_(store_, warn) {}

std::expected<void, std::string> KeptState::begin(KeyPool& pool,
                                                  std::vector<state::Client> clients) {
  for (const auto& [endpoint, keys] : pool.all_stats()) {
    for (const KeyStats& key : keys) {
      if (key.state == KeyState::disabled) disabled_by_configuration_.emplace(endpoint, key.name);
    }
  }
  if (const auto restored = restore(pool); !restored) {
    if (restored.error().kind != state::StoreError::Kind::unavailable) {
      return std::unexpected(restored.error().message);
    }
    spdlog::warn("{}. Calls go on; what earlier runs counted is missing until the next start",
                 restored.error().message);
  }
  if (const auto known = callers_.configure(std::move(clients)); !known) {
    spdlog::warn("{}. Tokens that were made by `keypool token` are unknown until it can be read",
                 known.error().message);
  }
  ledger_ = std::make_unique<state::Ledger>(
      store_, state::LedgerOptions{.warn = warn, .and_then = [this, &pool] {
                                     save(pool);
                                     callers_.look_again();
                                   }});
  return {};
}

std::expected<void, state::StoreError> KeptState::restore(KeyPool& pool) {
  if (auto opened = store_.open(); !opened) return opened;
  const auto stats = stats_.load();
  if (!stats) return std::unexpected(stats.error());
  pool.restore_stats(*stats);
  auto findings = state::load_findings(store_, system_clock().wall());
  if (!findings) return std::unexpected(findings.error());
  for (const state::KeyCondition& key : findings->keys) {
    if (key.state == KeyState::disabled) pool.disable_key(key.endpoint, key.key);
  }
  saved_ = std::move(*findings);
  return {};
}

// Counts that cannot be written wait in memory, and the question fails for the same reason.
std::expected<std::vector<state::UsageRow>, state::StoreError> KeptState::usage(
    const state::UsageQuestion& question) {
  static_cast<void>(ledger_->flush());
  return state::usage(store_, question);
}

// What fails is tried again with the next call; the ledger tells of a disk in trouble.
void KeptState::save(const KeyPool& pool) {
  const auto stats = pool.all_stats();
  static_cast<void>(stats_.save(stats));
  state::Findings findings;
  for (const auto& [endpoint, keys] : stats) {
    for (const KeyStats& key : keys) {
      if (key.state != KeyState::disabled) continue;
      if (disabled_by_configuration_.contains({endpoint, key.name})) continue;
      findings.keys.push_back(
          {.endpoint = endpoint, .key = key.name, .state = key.state, .reason = key.reason});
    }
  }
  if (findings == saved_) return;
  if (state::save_findings(store_, findings)) saved_ = std::move(findings);
}

}  // namespace keypool::cli
