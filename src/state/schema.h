#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "state/database.h"

namespace keypool::state {

/// The statements that lead from each version of the file to the next, the first from nothing.
/// What has been released is never changed; a new version is a new entry.
[[nodiscard]] std::span<const std::string_view> migrations() noexcept;

/// Why a file's schema cannot be used.
struct SchemaError {
  bool newer = false;  ///< written by a later keypool; to be left alone
  DatabaseError database;
};

/// Brings the file to the version after the last of `steps`. Before each step that changes a file
/// with data in it, a copy is made where `backup_path(version)` says; empty: none.
[[nodiscard]] std::expected<void, SchemaError> migrate(
    Database& database, std::span<const std::string_view> steps,
    const std::function<std::filesystem::path(std::int64_t version)>& backup_path);

}  // namespace keypool::state
