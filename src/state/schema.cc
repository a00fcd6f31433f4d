#include "state/schema.h"

#include <array>

#include <fmt/format.h>

namespace keypool::state {
namespace {

// "keyp" in ASCII: tells `file` and us whose database it is.
constexpr int kApplicationId = 0x6B657970;

constexpr std::array<std::string_view, 2> kMigrations = {R"sql(
CREATE TABLE series (          -- what is counted apart
  id       INTEGER PRIMARY KEY,
  endpoint TEXT NOT NULL,
  key      TEXT NOT NULL,
  model    TEXT NOT NULL,
  client   TEXT NOT NULL,
  UNIQUE (endpoint, key, model, client)
) STRICT;
CREATE TABLE ledger (
  hour   INTEGER NOT NULL,     -- Unix time in hours; the first hour of the day once compacted
  series INTEGER NOT NULL REFERENCES series (id),
  succeeded INTEGER NOT NULL, rate_limited INTEGER NOT NULL, refused INTEGER NOT NULL,
  failed INTEGER NOT NULL, hung_up INTEGER NOT NULL, estimated INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL, cache_write_1h_tokens INTEGER NOT NULL,
  audio_input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL, audio_output_tokens INTEGER NOT NULL,
  cost_micro_usd INTEGER NOT NULL,
  PRIMARY KEY (hour, series)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch (           -- the last one that each writer wrote to the ledger
  writer TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE key_stats (
  endpoint TEXT NOT NULL, key TEXT NOT NULL,
  total_requests INTEGER NOT NULL, successes INTEGER NOT NULL, failures INTEGER NOT NULL,
  rate_limits INTEGER NOT NULL, abandoned INTEGER NOT NULL, total_latency_ms INTEGER NOT NULL,
  total_input_tokens INTEGER NOT NULL, total_output_tokens INTEGER NOT NULL,
  last_rate_limit_at INTEGER, last_success_at INTEGER,   -- Unix milliseconds, as all times here
  PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_condition (
  endpoint TEXT NOT NULL, key TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER,
  PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE lane_rest (
  endpoint TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (endpoint, key, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE known_limit (
  endpoint TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, dimension TEXT NOT NULL,
  source TEXT NOT NULL, value INTEGER NOT NULL,
  PRIMARY KEY (endpoint, key, model, dimension)
) STRICT, WITHOUT ROWID;
CREATE TABLE account (         -- the one that a key's answers named
  endpoint TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE sticky (          -- what the provider keeps for the account behind one key
  endpoint TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY (endpoint, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sticky_expires ON sticky (expires);
CREATE TABLE client (
  name TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  endpoints TEXT NOT NULL, models TEXT NOT NULL,         -- patterns, a line each; empty: all
  rpm INTEGER NOT NULL,                                  -- 0: no bound, here and below
  micro_usd_per_day INTEGER NOT NULL, micro_usd_per_month INTEGER NOT NULL,
  tokens_per_day INTEGER NOT NULL, tokens_per_month INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
                                                         R"sql(
CREATE TABLE standing (        -- what is found of a key: one text, for nobody asks for its parts
  endpoint TEXT NOT NULL, key TEXT NOT NULL,
  found TEXT NOT NULL,         -- as state/standing_document.h has it
  PRIMARY KEY (endpoint, key)
) STRICT, WITHOUT ROWID;
INSERT INTO standing
  SELECT endpoint, key, '{"disabled":true}' FROM key_condition WHERE state = 'disabled';
DROP TABLE key_condition;
DROP TABLE lane_rest;
DROP TABLE known_limit;
DROP TABLE account;
)sql"};

Done back_up(Database& database, const std::filesystem::path& path) {
  if (path.empty()) return {};
  auto copy = database.prepare("VACUUM INTO ?1");
  if (!copy) return std::unexpected(copy.error());
  return copy->run(std::string_view(path.native()));
}

/// Another process may have taken the step meanwhile; then there is nothing to do.
Done take_step_once(Database& database, std::string_view step, std::int64_t version) {
  const auto now = database.number("PRAGMA user_version");
  if (!now) return std::unexpected(now.error());
  if (*now >= version) return {};
  return database.run(fmt::format("{};PRAGMA user_version = {};PRAGMA application_id = {}", step,
                                  version, kApplicationId));
}

Done take_step(Database& database, std::string_view step, std::int64_t version) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = take_step_once(database, step, version);
  if (done) done = database.run("COMMIT");
  if (!done && database.in_transaction()) {
    if (auto undone = database.run("ROLLBACK"); !undone) return undone;
  }
  return done;
}

}  // namespace

std::span<const std::string_view> migrations() noexcept { return kMigrations; }

std::expected<void, SchemaError> migrate(
    Database& database, std::span<const std::string_view> steps,
    const std::function<std::filesystem::path(std::int64_t version)>& backup_path) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return std::unexpected(SchemaError{false, version.error()});
  const auto latest = static_cast<std::int64_t>(steps.size());
  if (*version > latest) {
    return std::unexpected(SchemaError{
        true,
        {0, fmt::format("its format is version {}, this keypool knows {}", *version, latest)}});
  }
  for (auto at = *version; at < latest; ++at) {
    if (*version > 0) {
      if (auto saved = back_up(database, backup_path(at)); !saved) {
        return std::unexpected(SchemaError{false, saved.error()});
      }
    }
    if (auto done = take_step(database, steps[static_cast<std::size_t>(at)], at + 1); !done) {
      return std::unexpected(SchemaError{false, done.error()});
    }
  }
  return {};
}

}  // namespace keypool::state
