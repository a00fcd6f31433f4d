#include "state/snapshot.h"

#include <string_view>
#include <utility>

#include "state/standing_document.h"

namespace keypool::state {
namespace {

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

/// Whether the file has been opened anew since `opening`, which becomes the present one: it may be
/// a fresh one then. Within a change.
bool is_another_file(const Store& store, std::uint64_t& opening) {
  return std::exchange(opening, store.opening()) != store.opening();
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
  opening_ = store_.opening();
  saved_.clear();
  for (const auto& endpoint : all) {
    for (const auto& key : endpoint.keys) {
      saved_.insert_or_assign(KeyName{endpoint.endpoint, key.name}, counts_of(key));
    }
  }
  return all;
}

std::expected<void, StoreError> StatsKeeper::save(const std::vector<EndpointStats>& stats) {
  std::vector<std::pair<KeyName, KeyStats>> changed;
  const auto find_changed = [&] {
    changed.clear();
    for (const auto& endpoint : stats) {
      for (const auto& key : endpoint.keys) {
        KeyName name{endpoint.endpoint, key.name};
        const auto before = saved_.find(name);
        if (before != saved_.end() && same_counts(before->second, key)) continue;
        changed.emplace_back(std::move(name), counts_of(key));
      }
    }
  };
  find_changed();
  if (changed.empty() && store_.opening() == opening_) return {};
  auto written = store_.change([&](Database& database) -> Done {
    if (is_another_file(store_, opening_)) {
      saved_.clear();
      find_changed();
    }
    return for_all(
        database, "INSERT OR REPLACE INTO key_stats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        changed, [](Statement& put, const std::pair<KeyName, KeyStats>& item) {
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

std::expected<std::vector<EndpointStanding>, StoreError> StandingKeeper::load() {
  std::vector<EndpointStanding> all;
  auto read = store_.read([&](Database& database) {
    all.clear();
    return each(database, "SELECT endpoint, key, found FROM standing ORDER BY endpoint, key",
                [&](Statement& row) {
                  auto standing = read_standing(row.text(1), row.text(2));
                  if (!standing) return;
                  const auto endpoint = row.text(0);
                  if (all.empty() || all.back().endpoint != endpoint) all.push_back({endpoint, {}});
                  all.back().keys.push_back(std::move(*standing));
                });
  });
  if (!read) return std::unexpected(read.error());
  opening_ = store_.opening();
  saved_.clear();
  for (const auto& endpoint : all) {
    for (const auto& key : endpoint.keys) saved_.emplace(KeyName{endpoint.endpoint, key.key}, key);
  }
  return all;
}

std::expected<void, StoreError> StandingKeeper::save(
    const std::vector<EndpointStanding>& standing) {
  std::map<KeyName, KeyStanding> now;
  for (const auto& endpoint : standing) {
    for (const auto& key : endpoint.keys) now.emplace(KeyName{endpoint.endpoint, key.key}, key);
  }
  if (now == saved_ && store_.opening() == opening_) return {};
  auto written = store_.change([&](Database& database) -> Done {
    if (is_another_file(store_, opening_)) saved_.clear();
    auto put = database.prepare("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)");
    if (!put) return std::unexpected(put.error());
    for (const auto& [name, key] : now) {
      const auto before = saved_.find(name);
      if (before != saved_.end() && before->second == key) continue;
      const auto text = standing_text(key);
      if (auto done = put->run(view(name.first), view(name.second), view(text)); !done) return done;
    }
    auto forget = database.prepare("DELETE FROM standing WHERE endpoint = ? AND key = ?");
    if (!forget) return std::unexpected(forget.error());
    for (const auto& [name, key] : saved_) {
      if (now.contains(name)) continue;
      if (auto done = forget->run(view(name.first), view(name.second)); !done) return done;
    }
    return {};
  });
  if (!written) return written;
  saved_ = std::move(now);
  return {};
}

}  // namespace keypool::state
