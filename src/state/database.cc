#include "state/database.h"

#include <algorithm>
#include <limits>

#include <sqlite3.h>

namespace keypool::state {
namespace {

// Another process may be writing: a command beside the gateway. Both write for milliseconds.
constexpr int kBusyMilliseconds = 2000;

DatabaseError error_of(sqlite3* handle) {
  return {sqlite3_extended_errcode(handle), sqlite3_errmsg(handle)};
}

}  // namespace

bool DatabaseError::damaged() const noexcept {
  const int kind = code & 0xFF;
  return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

std::expected<bool, DatabaseError> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  auto error = error_of(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  return std::unexpected(std::move(error));
}

Done Statement::run_bound() {
  for (;;) {
    const auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
  }
  sqlite3_reset(statement_.get());
  return {};
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

std::uint64_t Statement::count(int column) const noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(integer(column), 0));
}

std::string Statement::text(int column) const {
  const auto* const bytes =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::optional<WallTime> Statement::time(int column) const noexcept {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return WallTime(std::chrono::milliseconds(integer(column)));
}

void Statement::rewind() noexcept {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void Statement::bind_one(int at, std::int64_t value) noexcept {
  sqlite3_bind_int64(statement_.get(), at, value);
}

void Statement::bind_one(int at, std::uint64_t value) noexcept {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  bind_one(at, static_cast<std::int64_t>(std::min(value, kMost)));
}

void Statement::bind_one(int at, std::string_view value) noexcept {
  // A view without bytes may have no address, which SQLite would take for NULL.
  sqlite3_bind_text64(statement_.get(), at, value.empty() ? "" : value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind_one(int at, const std::optional<WallTime>& value) noexcept {
  if (value) {
    bind_one(at, stored(*value));
  } else {
    sqlite3_bind_null(statement_.get(), at);
  }
}

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

std::expected<Database, DatabaseError> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, nullptr);
  if (handle == nullptr) return std::unexpected(DatabaseError{SQLITE_NOMEM, "out of memory"});
  Database database(handle);
  if (result != SQLITE_OK) return std::unexpected(error_of(handle));
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  return database;
}

Done Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(error_of(handle_.get()));
  }
  return {};
}

std::expected<Statement, DatabaseError> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    return std::unexpected(error_of(handle_.get()));
  }
  return Statement(statement);
}

std::expected<std::int64_t, DatabaseError> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

bool Database::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::int64_t stored(WallTime time) noexcept { return time.time_since_epoch().count(); }

}  // namespace keypool::state
