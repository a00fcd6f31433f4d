#include "state/client_store.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keypool::state {
namespace {

/// What stands in the place of a revoked token's hash: no token has it, and it is unlike all
/// others.
constexpr std::string_view kRevokedPrefix = "revoked:";

std::string lines_of(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, "\n"));
}

std::vector<std::string> items_of(std::string_view lines) {
  std::vector<std::string> items;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    items.emplace_back(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return items;
}

std::string revoked(std::string_view name) { return fmt::format("{}{}", kRevokedPrefix, name); }

std::string hash_in(std::string column) {
  return column.starts_with(kRevokedPrefix) ? std::string() : column;
}

Done insert(Database& database, const Client& client) {
  auto put = database.prepare("INSERT INTO client VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!put) return std::unexpected(put.error());
  const auto hash = client.revoked() ? revoked(client.name) : client.token_hash;
  return put->run(std::string_view(client.name), std::string_view(hash),
                  std::string_view(lines_of(client.endpoints)),
                  std::string_view(lines_of(client.models)), client.rpm, client.micro_usd_per_day,
                  client.micro_usd_per_month, client.tokens_per_day, client.tokens_per_month,
                  stored(client.created));
}

/// Runs what changes at most one row; whether it did is put into `changed`.
template <class... Values>
Done change_row(Database& database, bool& changed, const char* sql, Values... values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  if (auto ran = statement->run(values...); !ran) return ran;
  const auto rows = database.number("SELECT changes()");
  if (!rows) return std::unexpected(rows.error());
  changed = *rows > 0;
  return {};
}

}  // namespace

std::expected<bool, StoreError> add_client(Store& store, const Client& client) {
  bool added = false;
  auto done = store.change([&](Database& database) -> Done {
    added = false;
    bool gave_place = false;
    const auto token_of_before = revoked(client.name);
    if (auto made = change_row(database, gave_place, "DELETE FROM client WHERE token_hash = ?",
                               std::string_view(token_of_before));
        !made) {
      return made;
    }
    auto find = database.prepare("SELECT 1 FROM client WHERE name = ?");
    if (!find) return std::unexpected(find.error());
    const auto there = find->bind(std::string_view(client.name)).step();
    if (!there) return std::unexpected(there.error());
    if (*there) return {};
    added = true;
    return insert(database, client);
  });
  if (!done) return std::unexpected(done.error());
  return added;
}

std::expected<bool, StoreError> revoke_client(Store& store, std::string_view name) {
  bool changed = false;
  const auto hash = revoked(name);
  auto done = store.change([&](Database& database) {
    return change_row(database, changed,
                      "UPDATE client SET token_hash = ?1 WHERE name = ?2 AND token_hash != ?1",
                      std::string_view(hash), name);
  });
  if (!done) return std::unexpected(done.error());
  return changed;
}

std::expected<bool, StoreError> remove_client(Store& store, std::string_view name) {
  bool changed = false;
  auto done = store.change([&](Database& database) {
    return change_row(database, changed, "DELETE FROM client WHERE name = ?", name);
  });
  if (!done) return std::unexpected(done.error());
  return changed;
}

std::expected<std::vector<Client>, StoreError> load_clients(Store& store) {
  std::vector<Client> clients;
  auto read = store.read([&](Database& database) -> Done {
    clients.clear();
    auto all = database.prepare(
        "SELECT name, token_hash, endpoints, models, rpm, micro_usd_per_day, micro_usd_per_month, "
        "tokens_per_day, tokens_per_month, created FROM client ORDER BY name");
    if (!all) return std::unexpected(all.error());
    for (;;) {
      const auto row = all->step();
      if (!row) return std::unexpected(row.error());
      if (!*row) return {};
      clients.push_back({.name = all->text(0),
                         .token_hash = hash_in(all->text(1)),
                         .endpoints = items_of(all->text(2)),
                         .models = items_of(all->text(3)),
                         .rpm = all->count(4),
                         .micro_usd_per_day = all->count(5),
                         .micro_usd_per_month = all->count(6),
                         .tokens_per_day = all->count(7),
                         .tokens_per_month = all->count(8),
                         .created = all->time(9).value_or(WallTime{})});
    }
  });
  if (!read) return std::unexpected(read.error());
  return clients;
}

}  // namespace keypool::state
