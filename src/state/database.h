#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/clock.h>

struct sqlite3;
struct sqlite3_stmt;

namespace keypool::state {

/// Why SQLite did not do it.
struct DatabaseError {
  int code = 0;  ///< SQLite's result code
  std::string message;

  /// The file's content is not a database's; nothing but a fresh file helps.
  [[nodiscard]] bool damaged() const noexcept;
};

/// What a statement did, or why not.
using Done = std::expected<void, DatabaseError>;

/// One prepared statement, for use again and again. Text that it was given need live only until the
/// call returns.
class Statement {
 public:
  /// Binds all parameters anew, in their order. Numbers above SQLite's largest become that.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    rewind();
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }

  /// True: a row is there to read. False: the end.
  [[nodiscard]] std::expected<bool, DatabaseError> step();

  /// Binds and runs to the end, for statements without rows.
  template <typename... Values>
  [[nodiscard]] Done run(const Values&... values) {
    bind(values...);
    return run_bound();
  }

  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::uint64_t count(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<WallTime> time(int column) const noexcept;

  /// For the caller that does not know the number of parameters before it runs: after `rewind`.
  void bind_one(int at, std::int64_t value) noexcept;
  void bind_one(int at, int value) noexcept { bind_one(at, static_cast<std::int64_t>(value)); }
  void bind_one(int at, std::uint64_t value) noexcept;
  void bind_one(int at, std::string_view value) noexcept;
  void bind_one(int at, const std::optional<WallTime>& value) noexcept;
  void rewind() noexcept;
  [[nodiscard]] Done run_bound();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  explicit Statement(sqlite3_stmt* statement) noexcept : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection to one SQLite file.
///
/// Thread-safety: one thread at a time. Lifetime: its statements must end before it.
class Database {
 public:
  /// Opens `path`, making the file where there is none; `:memory:` for one without a file.
  [[nodiscard]] static std::expected<Database, DatabaseError> open(const std::string& path);

  /// Runs statements that have no parameters and whose rows are of no interest.
  [[nodiscard]] Done run(const std::string& sql);

  [[nodiscard]] std::expected<Statement, DatabaseError> prepare(std::string_view sql);

  /// The one number that `sql` yields; 0 where it yields none.
  [[nodiscard]] std::expected<std::int64_t, DatabaseError> number(std::string_view sql);

  /// Whether a transaction is open.
  [[nodiscard]] bool in_transaction() const noexcept;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };

  explicit Database(sqlite3* handle) noexcept : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

/// Unix milliseconds, as times are stored.
[[nodiscard]] std::int64_t stored(WallTime time) noexcept;

}  // namespace keypool::state
