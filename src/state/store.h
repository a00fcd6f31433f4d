#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <keypool/clock.h>

#include "state/database.h"
#include "state/holder.h"

namespace keypool::state {

/// Where the state lies and who works on it.
struct StoreOptions {
  /// keypool.db lies in it; made, for its owner alone, where it is missing. `:memory:`: nothing is
  /// written anywhere.
  std::filesystem::path folder;

  enum class Use {
    gateway,  ///< the only one that keeps counts here: a second gateway is refused
    command,  ///< a command beside it, for a moment
  };
  Use use = Use::command;

  /// Shown in file names only. Null: the machine's.
  const Clock* clock = nullptr;

  /// Told what an operator must know (a damaged file was set aside); null: nobody.
  std::function<void(std::string_view text)> warn = nullptr;
};

/// Why the state cannot be used.
struct StoreError {
  enum class Kind {
    held,         ///< by another gateway: do not start
    newer,        ///< written by a later keypool: do not start
    unavailable,  ///< the disk is full, read-only, …: it may work later, and is tried again
  };
  Kind kind = Kind::unavailable;
  std::string message;  ///< for an operator: what happened, where, and what to do
};

/// keypool's durable state: one SQLite file in WAL mode. It opens at the first use, and again when
/// the file went away or could not be opened before, so that a disk in trouble costs counts at
/// most.
///
/// A file that is no database is set aside by a gateway, under a name with a time stamp, and a
/// fresh one begun. Before the format changes, a copy is made beside it.
///
/// Thread-safety: any thread at any time; calls take turns.
class Store {
 public:
  using Work = std::function<Done(Database& database)>;

  explicit Store(StoreOptions options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Opens the file now, to learn at the start what is wrong with it.
  [[nodiscard]] std::expected<void, StoreError> open();

  /// Runs `work` and keeps what it wrote, all or nothing. It may run a second time, on a fresh
  /// file, where the first was found damaged.
  [[nodiscard]] std::expected<void, StoreError> change(const Work& work);

  /// Runs `work`, which only reads.
  [[nodiscard]] std::expected<void, StoreError> read(const Work& work);

  /// Grows when another process changed the file; 0 while it cannot be read.
  [[nodiscard]] std::int64_t changes_by_others();

  /// Which opening of the file the present one is; 0: none yet. What is known to have been written
  /// in another one may have gone with its file.
  [[nodiscard]] std::uint64_t opening() const noexcept { return opening_; }

  /// keypool.db with its folder; `:memory:` for none.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  /// One opening of the file.
  struct Opened {
    std::optional<Holder> holder;  // ends last
    Database database;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };

  [[nodiscard]] bool in_memory() const noexcept { return path_ == ":memory:"; }
  [[nodiscard]] std::expected<void, StoreError> ready();
  [[nodiscard]] std::expected<std::optional<Holder>, StoreError> hold() const;
  [[nodiscard]] std::expected<void, DatabaseError> set_up(Database& database,
                                                          std::optional<StoreError>& refusal) const;
  [[nodiscard]] bool still_there() const;
  [[nodiscard]] std::expected<void, StoreError> use(const Work& work, const char* begin);
  [[nodiscard]] Done attempt(const Work& work, const char* begin);
  [[nodiscard]] bool may_set_aside() const noexcept;
  void set_aside();
  [[nodiscard]] std::filesystem::path backup_path(std::int64_t version) const;
  [[nodiscard]] StoreError held_by(std::string_view who) const;
  [[nodiscard]] StoreError unavailable(std::string_view why) const;
  [[nodiscard]] std::string stamp() const;

  StoreOptions options_;
  std::filesystem::path path_;
  std::mutex mutex_;
  std::optional<Opened> opened_;
  std::atomic<std::uint64_t> opening_{0};
};

/// `$XDG_STATE_HOME/keypool`, else `~/.local/state/keypool`, given the values of the variables;
/// empty when neither is known.
[[nodiscard]] std::filesystem::path usual_folder(std::string_view xdg_state_home,
                                                 const std::filesystem::path& home);

}  // namespace keypool::state
