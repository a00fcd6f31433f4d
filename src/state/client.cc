#include "state/client.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

namespace keypool::state {
namespace {

constexpr std::string_view kTokenPrefix = "kp_";
constexpr std::string_view kHashPrefix = "sha256:";

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

}  // namespace

Secret token_of(std::span<const unsigned char, kTokenBytes> random) {
  // The alphabet of base64url, without padding: 6 bits a character.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token(kTokenPrefix);
  token.reserve(kTokenPrefix.size() + (kTokenBytes * 8 + 5) / 6);
  unsigned bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : random) {
    bits = (bits << 8 | byte) & 0xFFFF;
    for (held += 8; held >= 6; held -= 6) token += kAlphabet[bits >> (held - 6) & 0x3F];
  }
  if (held > 0) token += kAlphabet[bits << (6 - held) & 0x3F];
  return Secret(std::move(token));
}

std::string hash_of_token(std::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return fmt::format("{}{:02x}", kHashPrefix, fmt::join(digest, ""));
}

std::expected<bool, StoreError> add_client(Store& store, const Client& client) {
  bool added = false;
  auto done = store.change([&](Database& database) -> Done {
    added = false;
    auto find = database.prepare("SELECT 1 FROM client WHERE name = ?");
    if (!find) return std::unexpected(find.error());
    const auto there = find->bind(std::string_view(client.name)).step();
    if (!there) return std::unexpected(there.error());
    if (*there) return {};
    auto put = database.prepare("INSERT INTO client VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!put) return std::unexpected(put.error());
    added = true;
    return put->run(std::string_view(client.name), std::string_view(client.token_hash),
                    std::string_view(lines_of(client.endpoints)),
                    std::string_view(lines_of(client.models)), client.rpm, client.micro_usd_per_day,
                    client.micro_usd_per_month, client.tokens_per_day, client.tokens_per_month,
                    stored(client.created));
  });
  if (!done) return std::unexpected(done.error());
  return added;
}

std::expected<bool, StoreError> remove_client(Store& store, std::string_view name) {
  bool removed = false;
  auto done = store.change([&](Database& database) -> Done {
    auto remove = database.prepare("DELETE FROM client WHERE name = ?");
    if (!remove) return std::unexpected(remove.error());
    if (auto ran = remove->run(name); !ran) return ran;
    const auto changed = database.number("SELECT changes()");
    if (!changed) return std::unexpected(changed.error());
    removed = *changed > 0;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return removed;
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
                         .token_hash = all->text(1),
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
