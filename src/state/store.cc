#include "state/store.h"

#include <chrono>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/schema.h"

namespace keypool::state {
namespace {

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder == ":memory:" ? folder : folder / "keypool.db";
}

std::expected<void, std::string> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(folder, error);
  if (!error) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (error) return std::unexpected(error.message());
  return {};
}

/// What belonged to a file that is gone must not pass for a part of the one that takes its place.
void remove_leftovers(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return;
  for (const char* part : {"-wal", "-shm"}) std::filesystem::remove(path.native() + part, ignored);
}

/// Made by us before SQLite would, whose files anyone may read. Where it cannot be made, SQLite
/// will say so.
void make_private_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
}

Done quick_check(Database& database) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return std::unexpected(check.error());
  const auto row = check->step();
  if (!row) return std::unexpected(row.error());
  if (check->text(0) != "ok") return std::unexpected(DatabaseError{SQLITE_CORRUPT, check->text(0)});
  return {};
}

}  // namespace

Store::Store(StoreOptions options)
    : options_(std::move(options)), path_(file_in(options_.folder)) {}

std::expected<void, StoreError> Store::open() {
  const std::lock_guard lock(mutex_);
  return ready();
}

std::expected<void, StoreError> Store::change(const Work& work) {
  const std::lock_guard lock(mutex_);
  return use(work, "BEGIN IMMEDIATE");
}

std::expected<void, StoreError> Store::read(const Work& work) {
  const std::lock_guard lock(mutex_);
  return use(work, "BEGIN");
}

std::int64_t Store::changes_by_others() {
  const std::lock_guard lock(mutex_);
  if (!ready()) return 0;
  return opened_->database.number("PRAGMA data_version").value_or(0);
}

std::expected<void, StoreError> Store::use(const Work& work, const char* begin) {
  if (auto opened = ready(); !opened) return opened;
  auto done = attempt(work, begin);
  if (!done && done.error().damaged() && may_set_aside()) {
    set_aside();
    if (auto opened = ready(); !opened) return opened;
    done = attempt(work, begin);
  }
  if (!done) return std::unexpected(unavailable(done.error().message));
  return {};
}

Done Store::attempt(const Work& work, const char* begin) {
  Database& database = opened_->database;
  if (auto begun = database.run(begin); !begun) return begun;
  auto done = work(database);
  if (done) done = database.run("COMMIT");
  if (!done && database.in_transaction()) {
    // Where even this fails, the connection is of no more use.
    if (auto undone = database.run("ROLLBACK"); !undone) opened_.reset();
  }
  return done;
}

std::expected<void, StoreError> Store::ready() {
  if (opened_ && still_there()) return {};
  if (opened_ && options_.warn) {
    options_.warn(
        fmt::format("{} was removed while it was in use; a fresh one is begun", path_.native()));
  }
  opened_.reset();

  if (!in_memory()) {
    if (auto made = make_private_folder(options_.folder); !made) {
      return std::unexpected(unavailable(made.error()));
    }
  }
  auto holder = hold();
  if (!holder) return std::unexpected(holder.error());
  for (bool fresh = false;; fresh = true) {
    if (!in_memory()) {
      remove_leftovers(path_);
      make_private_file(path_);
    }
    auto database = Database::open(path_.native());
    if (!database) return std::unexpected(unavailable(database.error().message));
    std::optional<StoreError> refusal;
    const auto set = set_up(*database, refusal);
    if (refusal) return std::unexpected(*refusal);
    if (set) {
      opened_.emplace(Opened{std::move(*holder), std::move(*database)});
      ++opening_;
      break;
    }
    if (fresh || !set.error().damaged() || !may_set_aside()) {
      return std::unexpected(unavailable(set.error().message));
    }
    database = std::unexpected(set.error());
    set_aside();
  }
  struct stat about {};
  if (::stat(path_.c_str(), &about) == 0) {
    opened_->device = about.st_dev;
    opened_->inode = about.st_ino;
  }
  return {};
}

std::expected<std::optional<Holder>, StoreError> Store::hold() const {
  if (in_memory() || options_.use != StoreOptions::Use::gateway) return std::nullopt;
  auto holder = Holder::take(path_);
  if (holder) return std::move(*holder);
  if (!holder.error().held) return std::unexpected(unavailable(holder.error().message));
  return std::unexpected(held_by(holder.error().message));
}

StoreError Store::held_by(std::string_view who) const {
  return {StoreError::Kind::held,
          fmt::format("the state in {} is in use by {}; stop that gateway, or choose another state "
                      "folder",
                      options_.folder.native(), who)};
}

bool Store::may_set_aside() const noexcept {
  return !in_memory() && options_.use == StoreOptions::Use::gateway;
}

std::expected<void, DatabaseError> Store::set_up(Database& database,
                                                 std::optional<StoreError>& refusal) const {
  // With synchronous NORMAL a killed process loses nothing; a machine without power may lose the
  // last moments, never the file.
  if (auto set = database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"); !set) {
    return set;
  }
  const auto version = database.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (may_set_aside() && *version > 0) {
    if (auto checked = quick_check(database); !checked) return checked;
  }
  std::optional<Holder> meanwhile;
  if (options_.use == StoreOptions::Use::command && *version > 0 &&
      static_cast<std::size_t>(*version) < migrations().size()) {
    // An older gateway must not find its file changed under its hands.
    auto holder = Holder::take(path_);
    if (!holder) {
      refusal = holder.error().held ? held_by(holder.error().message)
                                    : unavailable(holder.error().message);
      return {};
    }
    meanwhile = std::move(*holder);
  }
  const auto migrated =
      migrate(database, migrations(), [this](std::int64_t from) { return backup_path(from); });
  if (migrated) return {};
  if (!migrated.error().newer) return std::unexpected(migrated.error().database);
  refusal = StoreError{StoreError::Kind::newer,
                       fmt::format("{}: {}; run the newer keypool, or move the file away",
                                   path_.native(), migrated.error().database.message)};
  return {};
}

std::filesystem::path Store::backup_path(std::int64_t version) const {
  if (in_memory()) return {};
  return fmt::format("{}.v{}-{}", path_.native(), version, stamp());
}

bool Store::still_there() const {
  if (in_memory()) return true;
  struct stat about {};
  return ::stat(path_.c_str(), &about) == 0 && about.st_dev == opened_->device &&
         about.st_ino == opened_->inode;
}

void Store::set_aside() {
  opened_.reset();
  const auto aside = fmt::format("{}.damaged-{}", path_.native(), stamp());
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-shm"}) {
    std::filesystem::rename(path_.native() + part, aside + part, ignored);
  }
  if (options_.warn) {
    options_.warn(fmt::format("{} is damaged; it was set aside as {}, and the counts begin anew",
                              path_.native(), aside));
  }
}

StoreError Store::unavailable(std::string_view why) const {
  return {StoreError::Kind::unavailable,
          fmt::format("the state in {} cannot be used: {}", options_.folder.native(), why)};
}

std::string Store::stamp() const {
  const Clock& clock = options_.clock != nullptr ? *options_.clock : system_clock();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(clock.wall());
  return fmt::format("{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count())));
}

std::filesystem::path usual_folder(std::string_view xdg_state_home,
                                   const std::filesystem::path& home) {
  if (!xdg_state_home.empty()) return std::filesystem::path(xdg_state_home) / "keypool";
  return home.empty() ? home : home / ".local" / "state" / "keypool";
}

}  // namespace keypool::state
