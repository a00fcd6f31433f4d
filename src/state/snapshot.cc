#include "state/snapshot.h"

#include <algorithm>
#include <array>
#include <optional>

namespace keypool::state {
namespace {

constexpr std::array kStates{KeyState::ready,   KeyState::cooling,  KeyState::depleted,
                             KeyState::invalid, KeyState::disabled, KeyState::draining};
constexpr std::array kSources{LimitSource::none, LimitSource::learned, LimitSource::configured,
                              LimitSource::reported};

/// The value of `all` that is spelled `text`; nothing for a word of a later version.
template <typename Values>
std::optional<typename Values::value_type> spelled(const Values& all, std::string_view text) {
  const auto* const found =
      std::ranges::find_if(all, [text](const auto value) { return to_string(value) == text; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

std::optional<Dimension> dimension_spelled(std::string_view text) {
  for (std::size_t at = 0; at < kDimensions; ++at) {
    const auto dimension = static_cast<Dimension>(at);
    if (to_string(dimension) == text) return dimension;
  }
  return std::nullopt;
}

/// Calls `use` for each row that `sql`, given `values`, yields.
template <typename Use, typename... Values>
Done each(Database& database, std::string_view sql, const Use& use, const Values&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  statement->bind(values...);
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    use(*statement);
  }
}

/// Runs `sql` once for each of `items`, as `bind_and_run` says.
template <typename Items, typename Run>
Done for_all(Database& database, std::string_view sql, const Items& items, const Run& run) {
  auto statement = database.prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  for (const auto& item : items) {
    if (auto done = run(*statement, item); !done) return done;
  }
  return {};
}

std::string_view view(const std::string& text) { return text; }

Done write_findings(Database& database, const Findings& findings) {
  auto done = database.run(
      "DELETE FROM key_condition; DELETE FROM lane_rest; DELETE FROM known_limit;"
      "DELETE FROM account");
  if (!done) return done;
  done = for_all(database, "INSERT OR REPLACE INTO key_condition VALUES (?, ?, ?, ?, ?)",
                 findings.keys, [](Statement& insert, const KeyCondition& key) {
                   return insert.run(view(key.endpoint), view(key.key), to_string(key.state),
                                     view(key.reason), key.until);
                 });
  if (!done) return done;
  done = for_all(database, "INSERT OR REPLACE INTO lane_rest VALUES (?, ?, ?, ?)", findings.lanes,
                 [](Statement& insert, const LaneRest& lane) {
                   return insert.run(view(lane.endpoint), view(lane.key), view(lane.model),
                                     stored(lane.until));
                 });
  if (!done) return done;
  done =
      for_all(database, "INSERT OR REPLACE INTO known_limit VALUES (?, ?, ?, ?, ?, ?)",
              findings.limits, [](Statement& insert, const KnownLimit& limit) {
                return insert.run(view(limit.endpoint), view(limit.key), view(limit.model),
                                  to_string(limit.dimension), to_string(limit.source), limit.value);
              });
  if (!done) return done;
  return for_all(database, "INSERT OR REPLACE INTO account VALUES (?, ?, ?)", findings.accounts,
                 [](Statement& insert, const Account& account) {
                   return insert.run(view(account.endpoint), view(account.key), view(account.name));
                 });
}

Done read_findings(Database& database, std::int64_t now, Findings& findings) {
  auto done = each(
      database,
      "SELECT endpoint, key, state, reason, until FROM key_condition "
      "WHERE until IS NULL OR until > ?",
      [&](Statement& row) {
        const auto state = spelled(kStates, row.text(2));
        if (!state) return;
        findings.keys.push_back({row.text(0), row.text(1), *state, row.text(3), row.time(4)});
      },
      now);
  if (!done) return done;
  done = each(
      database, "SELECT endpoint, key, model, until FROM lane_rest WHERE until > ?",
      [&](Statement& row) {
        findings.lanes.push_back(
            {row.text(0), row.text(1), row.text(2), row.time(3).value_or(WallTime{})});
      },
      now);
  if (!done) return done;
  done = each(database, "SELECT endpoint, key, model, dimension, source, value FROM known_limit",
              [&](Statement& row) {
                const auto dimension = dimension_spelled(row.text(3));
                const auto source = spelled(kSources, row.text(4));
                if (!dimension || !source) return;
                findings.limits.push_back(
                    {row.text(0), row.text(1), row.text(2), *dimension, *source, row.count(5)});
              });
  if (!done) return done;
  return each(database, "SELECT endpoint, key, name FROM account", [&](Statement& row) {
    findings.accounts.push_back({row.text(0), row.text(1), row.text(2)});
  });
}

/// Whether what is saved of a key differs.
bool same_counts(const KeyStats& a, const KeyStats& b) {
  return a.total_requests == b.total_requests && a.successes == b.successes &&
         a.failures == b.failures && a.rate_limits == b.rate_limits && a.abandoned == b.abandoned &&
         a.total_latency == b.total_latency && a.total_input_tokens == b.total_input_tokens &&
         a.total_output_tokens == b.total_output_tokens &&
         a.last_rate_limit_at == b.last_rate_limit_at && a.last_success_at == b.last_success_at;
}

/// The part of `stats` that is saved.
KeyStats counts_of(const KeyStats& stats) {
  KeyStats counts;
  counts.total_requests = stats.total_requests;
  counts.successes = stats.successes;
  counts.failures = stats.failures;
  counts.rate_limits = stats.rate_limits;
  counts.abandoned = stats.abandoned;
  counts.total_latency = stats.total_latency;
  counts.total_input_tokens = stats.total_input_tokens;
  counts.total_output_tokens = stats.total_output_tokens;
  counts.last_rate_limit_at = stats.last_rate_limit_at;
  counts.last_success_at = stats.last_success_at;
  return counts;
}

}  // namespace

std::expected<void, StoreError> save_findings(Store& store, const Findings& findings) {
  return store.change([&](Database& database) { return write_findings(database, findings); });
}

std::expected<Findings, StoreError> load_findings(Store& store, WallTime now) {
  Findings findings;
  auto read = store.read([&](Database& database) {
    findings = {};
    return read_findings(database, stored(now), findings);
  });
  if (!read) return std::unexpected(read.error());
  return findings;
}

std::expected<std::vector<EndpointStats>, StoreError> StatsKeeper::load() {
  std::vector<EndpointStats> all;
  auto read = store_.read([&](Database& database) {
    all.clear();
    return each(database,
                "SELECT endpoint, key, total_requests, successes, failures, rate_limits, "
                "abandoned, total_latency_ms, total_input_tokens, total_output_tokens, "
                "last_rate_limit_at, last_success_at FROM key_stats ORDER BY endpoint, key",
                [&](Statement& row) {
                  const auto endpoint = row.text(0);
                  if (all.empty() || all.back().endpoint != endpoint) all.push_back({endpoint, {}});
                  KeyStats& key = all.back().keys.emplace_back();
                  key.name = row.text(1);
                  key.total_requests = row.count(2);
                  key.successes = row.count(3);
                  key.failures = row.count(4);
                  key.rate_limits = row.count(5);
                  key.abandoned = row.count(6);
                  key.total_latency = std::chrono::milliseconds(row.integer(7));
                  key.total_input_tokens = row.count(8);
                  key.total_output_tokens = row.count(9);
                  key.last_rate_limit_at = row.time(10);
                  key.last_success_at = row.time(11);
                });
  });
  if (!read) return std::unexpected(read.error());
  saved_.clear();
  for (const auto& endpoint : all) {
    for (const auto& key : endpoint.keys) {
      saved_.insert_or_assign(Name{endpoint.endpoint, key.name}, counts_of(key));
    }
  }
  return all;
}

std::expected<void, StoreError> StatsKeeper::save(const std::vector<EndpointStats>& stats) {
  std::vector<std::pair<Name, KeyStats>> changed;
  for (const auto& endpoint : stats) {
    for (const auto& key : endpoint.keys) {
      Name name{endpoint.endpoint, key.name};
      const auto before = saved_.find(name);
      if (before != saved_.end() && same_counts(before->second, key)) continue;
      changed.emplace_back(std::move(name), counts_of(key));
    }
  }
  if (changed.empty()) return {};
  auto written = store_.change([&](Database& database) {
    return for_all(
        database, "INSERT OR REPLACE INTO key_stats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        changed, [](Statement& put, const std::pair<Name, KeyStats>& item) {
          const auto& [name, key] = item;
          return put.run(view(name.first), view(name.second), key.total_requests, key.successes,
                         key.failures, key.rate_limits, key.abandoned,
                         std::int64_t{key.total_latency.count()}, key.total_input_tokens,
                         key.total_output_tokens, key.last_rate_limit_at, key.last_success_at);
        });
  });
  if (!written) return written;
  for (auto& [name, key] : changed) saved_.insert_or_assign(std::move(name), std::move(key));
  return {};
}

}  // namespace keypool::state
