#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

#include <keypool/key_pool.h>

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
/// written beside `path`, synced, and renamed over it.
[[nodiscard]] std::expected<void, StatsFileError> save_stats(const KeyPool& pool,
                                                             const std::filesystem::path& path);

/// Reads what `save_stats` wrote into the pool (KeyPool::restore_stats) and returns the number of
/// keys. A file that is not there holds none. Fields of later versions are ignored. When the file
/// cannot be read, the pool is as it was.
[[nodiscard]] std::expected<std::size_t, StatsFileError> load_stats(
    KeyPool& pool, const std::filesystem::path& path);

}  // namespace keypool
