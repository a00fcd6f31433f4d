#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keypool/key_pool.h>

#include "config/config.h"
#include "config/resolve_keys.h"

namespace keypool::config {

/// An endpoint's name and a key's.
using KeyName = std::pair<std::string, std::string>;

/// What a change of the configuration did to the keys.
struct KeyChanges {
  std::vector<KeyName> added;
  std::vector<KeyName> removed;
  std::vector<KeyName> replaced;  ///< have another secret than before
  std::vector<KeyName> changed;   ///< are used in another way than before

  /// Configured names whose value could not be had this time: their keys stay as they were.
  std::vector<ResolvedKey> kept;
};

/// The keys that the configuration in force put into the pool, and which of its names each came
/// from: what is needed to bring the pool in line with the next configuration.
///
/// Thread-safety: one thread; `disables` any thread at any time.
class KeyRegistry {
 public:
  /// `pool` must outlive it, and looks no name up itself (Options::secrets is null).
  explicit KeyRegistry(KeyPool& pool) : pool_(pool) {}

  /// Keys that are new are added, and those that are gone leave when their last calls end; the
  /// others go on with what was counted and found of them, also under another secret. Endpoints are
  /// the pool's by their name and as they are configured; keyless ones are not its business.
  KeyChanges apply(const Config& config, std::vector<Resolution> resolved);

  /// Whether the configuration itself says that the key is disabled.
  [[nodiscard]] bool disables(std::string_view endpoint, std::string_view key) const;

 private:
  struct Registered {
    std::string listed_as;  ///< the configured name
    KeyOptions options;
    bool disabled = false;
  };
  using Keys = std::map<KeyName, Registered>;

  void apply_one(const Endpoint& endpoint, const Key& key, Resolution resolution, Keys& next,
                 KeyChanges& changes);
  void put(KeyName name, Registered wanted, Secret* secret, Keys& next, KeyChanges& changes);
  [[nodiscard]] std::vector<KeyName> known_from(const std::string& endpoint,
                                                const std::string& listed_as) const;

  KeyPool& pool_;
  mutable std::mutex mutex_;  // guards changes of `keys_`, and reading it on other threads
  Keys keys_;
};

}  // namespace keypool::config
