#include "state/ledger.h"

#include <optional>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace keypool::state {
namespace {

using std::chrono::floor;
using std::chrono::hours;

// Rows that wait for a disk: some 50 MB. Beyond it hours are no longer told apart.
constexpr std::size_t kMostWaiting = 200'000;

std::string columns(std::string_view pattern) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < kFigures; ++at) {
    all.push_back(fmt::format(fmt::runtime(pattern), to_string(static_cast<Figure>(at))));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Puts rows into the ledger, adding them to those that are there.
const std::string& adding() {
  static const std::string text =
      "ON CONFLICT (hour, series) DO UPDATE SET " + columns("{0} = {0} + excluded.{0}");
  return text;
}

std::expected<std::int64_t, DatabaseError> id_of(const Series& series, Statement& find,
                                                 Statement& make) {
  const auto look = [&]() -> std::expected<std::int64_t, DatabaseError> {
    find.bind(std::string_view(series.endpoint), std::string_view(series.key),
              std::string_view(series.model), std::string_view(series.client));
    const auto row = find.step();
    if (!row) return std::unexpected(row.error());
    const auto id = *row ? find.integer(0) : 0;
    find.rewind();
    return id;
  };
  auto id = look();
  if (!id || *id != 0) return id;
  if (auto made = make.run(std::string_view(series.endpoint), std::string_view(series.key),
                           std::string_view(series.model), std::string_view(series.client));
      !made) {
    return std::unexpected(made.error());
  }
  return look();
}

Done write_rows(Database& database, const std::map<std::pair<Hour, Series>, Figures>& rows,
                std::string_view writer, std::int64_t batch_number) {
  auto find = database.prepare(
      "SELECT id FROM series WHERE endpoint = ? AND key = ? AND model = ? AND client = ?");
  if (!find) return std::unexpected(find.error());
  auto make =
      database.prepare("INSERT INTO series (endpoint, key, model, client) VALUES (?, ?, ?, ?)");
  if (!make) return std::unexpected(make.error());
  auto add =
      database.prepare(fmt::format("INSERT INTO ledger (hour, series, {}) VALUES (?, ?, {}) {}",
                                   columns("{}"), columns("?"), adding()));
  if (!add) return std::unexpected(add.error());

  for (const auto& [row, figures] : rows) {
    const auto id = id_of(row.second, *find, *make);
    if (!id) return std::unexpected(id.error());
    add->bind(static_cast<std::int64_t>(row.first), *id);
    for (std::size_t at = 0; at < kFigures; ++at) {
      add->bind_one(static_cast<int>(at) + 3, figures.of[at]);
    }
    if (auto added = add->run_bound(); !added) return added;
  }
  auto note = database.prepare("INSERT OR REPLACE INTO batch (writer, number) VALUES (?, ?)");
  if (!note) return std::unexpected(note.error());
  return note->run(writer, batch_number);
}

Done fold_and_delete(Database& database, std::int64_t fold_before, std::int64_t delete_before) {
  return database.run(fmt::format(
      "INSERT INTO ledger (hour, series, {0}) SELECT hour / 24 * 24, series, {1} FROM ledger "
      "WHERE hour < {2} AND hour % 24 != 0 GROUP BY 1, 2 {3};"
      "DELETE FROM ledger WHERE hour < {2} AND hour % 24 != 0;"
      "DELETE FROM ledger WHERE hour < {4};"
      "DELETE FROM series WHERE id NOT IN (SELECT series FROM ledger)",
      columns("{}"), columns("sum({})"), fold_before, adding(), delete_before));
}

std::int64_t whole_days_before(WallTime now, hours kept) {
  return floor<std::chrono::days>(now - kept).time_since_epoch().count() * 24;
}

}  // namespace

Hour hour_of(WallTime time) noexcept {
  return static_cast<Hour>(floor<hours>(time).time_since_epoch().count());
}

Ledger::Ledger(Store& store, LedgerOptions options)
    : store_(store),
      options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : system_clock()) {
  if (options_.every.count() > 0) {
    writer_ = std::thread([this] { write_now_and_then(options_.every); });
  }
}

Ledger::~Ledger() {
  if (writer_.joinable()) {
    {
      const std::lock_guard lock(stop_mutex_);
      stop_ = true;
    }
    stop_changed_.notify_all();
    writer_.join();
  }
  flush();
  if (options_.and_then) options_.and_then();
}

Tally& Ledger::new_tally() {
  const std::lock_guard lock(tallies_mutex_);
  return tallies_.emplace_back();
}

void Ledger::write_now_and_then(std::chrono::milliseconds every) {
  std::unique_lock lock(stop_mutex_);
  while (!stop_changed_.wait_for(lock, every, [this] { return stop_; })) {
    lock.unlock();
    flush();
    if (options_.and_then) options_.and_then();
    lock.lock();
  }
}

bool Ledger::flush() {
  const std::lock_guard lock(writing_mutex_);
  collect();
  auto written = write();
  const auto today = floor<std::chrono::days>(clock_.wall());
  if (written && today != compacted_) {
    compacted_ = today;
    written = compact();
  }
  tell(written);
  return written.has_value();
}

void Ledger::collect() {
  std::map<Series, Figures> counted;
  {
    const std::lock_guard lock(tallies_mutex_);
    for (Tally& tally : tallies_) tally.move_into(counted);
  }
  const auto hour = hour_of(clock_.wall());
  for (auto& [series, figures] : counted) waiting_[{hour, series}] += figures;
  bound_waiting();
}

std::expected<void, StoreError> Ledger::write() {
  if (auto settled = settle_doubt(); !settled) return settled;
  while (!batch_.empty() || !waiting_.empty()) {
    if (batch_.empty()) {
      const auto last = last_batch();
      if (!last) return std::unexpected(last.error());
      batch_number_ = *last + 1;
      batch_.swap(waiting_);
    }
    auto written = store_.change([this](Database& database) {
      return write_rows(database, batch_, options_.writer, batch_number_);
    });
    in_doubt_ = !written.has_value();
    if (!written) return written;
    batch_.clear();
  }
  return {};
}

std::expected<std::int64_t, StoreError> Ledger::last_batch() {
  std::int64_t last = 0;
  auto read = store_.read([&](Database& database) -> Done {
    auto find = database.prepare("SELECT number FROM batch WHERE writer = ?");
    if (!find) return std::unexpected(find.error());
    const auto row = find->bind(options_.writer).step();
    if (!row) return std::unexpected(row.error());
    last = *row ? find->integer(0) : 0;
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return last;
}

std::expected<void, StoreError> Ledger::settle_doubt() {
  if (!in_doubt_) return {};
  const auto last = last_batch();
  if (!last) return std::unexpected(last.error());
  if (*last == batch_number_) batch_.clear();
  batch_number_ = *last + 1;
  in_doubt_ = false;
  return {};
}

void Ledger::bound_waiting() {
  if (waiting_.size() <= kMostWaiting) return;
  Rows folded;
  const auto hour = waiting_.begin()->first.first;
  for (auto& [row, figures] : waiting_) folded[{hour, row.second}] += figures;
  waiting_ = std::move(folded);
}

std::expected<void, StoreError> Ledger::compact() {
  const auto now = clock_.wall();
  return store_.change([&](Database& database) {
    return fold_and_delete(database, whole_days_before(now, options_.hours_kept),
                           whole_days_before(now, options_.days_kept));
  });
}

void Ledger::tell(const std::expected<void, StoreError>& written) {
  if (failing_ == !written.has_value()) return;
  failing_ = !written.has_value();
  if (!options_.warn) return;
  if (failing_) {
    options_.warn(fmt::format(
        "usage is counted in memory only, and calls go on: {}. It is written as soon as that works",
        written.error().message));
  } else {
    options_.warn("usage is written again; nothing that was counted meanwhile is lost");
  }
}

}  // namespace keypool::state
