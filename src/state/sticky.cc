#include "state/sticky.h"

#include <cstdint>

namespace keypool::state {

std::expected<void, StoreError> save_sticky(Store& store, const std::vector<StickyId>& ids) {
  if (ids.empty()) return {};
  return store.change([&](Database& database) -> Done {
    auto put = database.prepare("INSERT OR REPLACE INTO sticky VALUES (?, ?, ?, ?)");
    if (!put) return std::unexpected(put.error());
    for (const auto& [endpoint, id, key, expires] : ids) {
      auto done = put->run(std::string_view(endpoint), std::string_view(id), std::string_view(key),
                           stored(expires));
      if (!done) return done;
    }
    return {};
  });
}

std::expected<std::vector<StickyId>, StoreError> load_sticky(Store& store, WallTime now,
                                                             std::size_t most) {
  std::vector<StickyId> ids;
  auto done = store.change([&](Database& database) -> Done {
    ids.clear();
    auto forget = database.prepare("DELETE FROM sticky WHERE expires <= ?");
    if (!forget) return std::unexpected(forget.error());
    if (auto forgotten = forget->run(stored(now)); !forgotten) return forgotten;
    auto read = database.prepare(
        "SELECT endpoint, id, key, expires FROM sticky ORDER BY expires DESC, endpoint, id LIMIT "
        "?");
    if (!read) return std::unexpected(read.error());
    read->bind(static_cast<std::uint64_t>(most));
    for (;;) {
      const auto row = read->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      ids.push_back(
          {read->text(0), read->text(1), read->text(2), read->time(3).value_or(WallTime{})});
    }
  });
  if (!done) return std::unexpected(done.error());
  return ids;
}

std::expected<void, StoreError> forget_sticky(Store& store, std::string_view endpoint,
                                              std::string_view id) {
  return store.change([&](Database& database) -> Done {
    auto forget = database.prepare("DELETE FROM sticky WHERE endpoint = ? AND id = ?");
    if (!forget) return std::unexpected(forget.error());
    return forget->run(endpoint, id);
  });
}

}  // namespace keypool::state
