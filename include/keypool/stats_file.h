#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include <keypool/key_pool.h>
#include <keypool/key_stats.h>

namespace keypool {

/// Why a stats file could not be read or written: the path, what happened, and for a file that
/// does not parse its line and column.
struct StatsFileError {
  std::filesystem::path path;
  std::string message;
};

/// Writes the stats of every key to `path` as JSON: one object, endpoint → list of keys with the
/// fields `env_var`, `total_requests`, `successes`, `failures`, `rate_limits`, `total_latency_ms`,
/// `total_input_tokens`, `total_output_tokens`, `last_rate_limit_at`, `last_success_at` (Unix
/// seconds, 0 = never). Missing folders are made. The file appears whole or not at all: it is
/// written beside `path`, synced, and renamed over it; it keeps its mode, a new one is for its
/// owner alone.
///
/// What the file holds of keys that the pool does not know stays in it. Programs that write one
/// file take turns, by a lock on `path` + ".lock", which stays behind. Endpoints are sorted by
/// name; keys stay where they stand, new ones follow in order of registration.
///
/// When the file is there but cannot be read, it is left as it is.
[[nodiscard]] std::expected<void, StatsFileError> save_stats(const KeyPool& pool,
                                                             const std::filesystem::path& path);

/// Reads what `save_stats` wrote into the pool (KeyPool::restore_stats) and returns the number of
/// keys. A file that is not there holds none. Fields of later versions are ignored. When the file
/// cannot be read, the pool is as it was.
[[nodiscard]] std::expected<std::size_t, StatsFileError> load_stats(
    KeyPool& pool, const std::filesystem::path& path);

/// One pool's share in a file that several programs use with the same keys. `save` adds what was
/// counted since the last `load` or `save`, so that no program's counts replace another's; else as
/// `save_stats` and `load_stats`.
///
///     keypool::StatsFile file("/var/lib/app/stats.json");
///     file.load(pool);
///     …
///     file.save(pool);
///
/// Thread-safety: one thread at a time.
class StatsFile {
 public:
  explicit StatsFile(std::filesystem::path path);

  /// Counts of the pool that were not saved are lost where the file knows their key.
  [[nodiscard]] std::expected<std::size_t, StatsFileError> load(KeyPool& pool);

  [[nodiscard]] std::expected<void, StatsFileError> save(const KeyPool& pool);

 private:
  std::filesystem::path path_;
  std::vector<EndpointStats> in_file_;  // of the pool's counts, those that the file holds already
};

}  // namespace keypool
