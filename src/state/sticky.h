#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>

#include "state/store.h"

namespace keypool::state {

/// Something that a provider keeps for the account that made it (a file, a batch, a stored
/// response), and the key that it was made with: calls that name it go back to that key's quota
/// group.
struct StickyId {
  std::string endpoint;
  std::string id;
  std::string key;
  WallTime expires{};

  friend bool operator==(const StickyId&, const StickyId&) = default;
};

/// Saves ids, each in the place of an older note of the same id.
[[nodiscard]] std::expected<void, StoreError> save_sticky(Store& store,
                                                          const std::vector<StickyId>& ids);

/// The `most` ids that expire last, those that have expired by `now` left out and deleted.
[[nodiscard]] std::expected<std::vector<StickyId>, StoreError> load_sticky(Store& store,
                                                                           WallTime now,
                                                                           std::size_t most);

/// Forgets what was deleted at the provider.
[[nodiscard]] std::expected<void, StoreError> forget_sticky(Store& store, std::string_view endpoint,
                                                            std::string_view id);

}  // namespace keypool::state
