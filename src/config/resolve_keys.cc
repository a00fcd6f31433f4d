#include "config/resolve_keys.h"

#include <algorithm>
#include <atomic>
#include <expected>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "secrets/bounded.h"
#include "secrets/command.h"

namespace keypool::config {
namespace {

using Value = std::expected<SecretSource::Found, std::string>;

/// A command and what came of it.
struct Run {
  const Key* key = nullptr;
  Value value = std::unexpected(std::string());
};

/// Most commands wait for another machine.
constexpr std::size_t kSideBySide = 8;

void run_all(std::vector<Run>& runs) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto at = next++; at < runs.size(); at = next++) {
      runs[at].value = secrets::run_secret_command(runs[at].key->command);
    }
  };
  const secrets::WithoutSignals held_back;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min(kSideBySide, runs.size()); ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
}

Resolution from(Value value, const Endpoint& endpoint, const Key& key) {
  Resolution result;
  result.told.endpoint = endpoint.name;
  result.told.name = key.name;
  if (!value) {
    result.told.places = {std::move(value.error())};
    return result;
  }
  result.told.origin = std::move(value->origin);
  result.keys = pool::split_keys(key.name, value->value.reveal());
  result.told.keys = result.keys.size();
  if (result.keys.empty()) {
    result.told.places = {result.told.origin + ": only separators, no key between them"};
  }
  return result;
}

// Of the command only the program is told: an argument may be somebody's secret.
Value explained(Value value) {
  if (value) return value;
  return std::unexpected(fmt::format("{}; run it in a terminal to see why, then `keypool reload`",
                                     std::exchange(value.error(), {})));
}

Resolution look_up(const Endpoint& endpoint, const Key& key, const SecretSource& secrets) {
  if (auto found = secrets.resolve(key.name)) return from(std::move(*found), endpoint, key);
  Resolution result = from(std::unexpected(std::string()), endpoint, key);
  result.told.places = secrets.places(key.name);
  return result;
}

}  // namespace

std::vector<Resolution> resolve_keys(const Config& config, const SecretSource& secrets) {
  std::vector<Run> runs;
  for (const Endpoint& endpoint : config.endpoints) {
    for (const Key& key : endpoint.keys) {
      if (!key.command.empty()) runs.push_back({.key = &key});
    }
  }
  run_all(runs);

  std::vector<Resolution> all;
  auto run = runs.begin();
  for (const Endpoint& endpoint : config.endpoints) {
    for (const Key& key : endpoint.keys) {
      all.push_back(key.command.empty()
                        ? look_up(endpoint, key, secrets)
                        : from(explained(std::move((run++)->value)), endpoint, key));
    }
  }
  return all;
}

std::vector<ResolvedKey> told_of(const std::vector<Resolution>& resolved) {
  std::vector<ResolvedKey> told;
  for (const Resolution& one : resolved) told.push_back(one.told);
  return told;
}

}  // namespace keypool::config
