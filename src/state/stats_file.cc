#include <functional>
#include <utility>

#include <fmt/format.h>

#include <keypool/stats_file.h>

#include "state/file.h"
#include "state/stats_document.h"

namespace keypool {
namespace {

using state::StatsDocument;

std::expected<StatsDocument, StatsFileError> read(const std::filesystem::path& path) {
  const auto text = state::read_text(path);
  if (!text) return std::unexpected(StatsFileError{path, text.error()});
  if (!*text) return StatsDocument();
  auto document = StatsDocument::parse(**text);
  if (!document) return std::unexpected(StatsFileError{path, document.error()});
  return std::move(*document);
}

std::expected<void, StatsFileError> change(const std::filesystem::path& path,
                                           const std::function<void(StatsDocument&)>& edit) {
  const auto lock = state::FileLock::take(path);
  if (!lock) return std::unexpected(StatsFileError{path, lock.error()});
  auto document = read(path);
  if (!document) return std::unexpected(document.error());
  edit(*document);
  if (auto written = state::replace_text(path, document->text()); !written) {
    return std::unexpected(StatsFileError{path, written.error()});
  }
  return {};
}

}  // namespace

std::expected<void, StatsFileError> save_stats(const KeyPool& pool,
                                               const std::filesystem::path& path) {
  return change(path, [&](StatsDocument& document) { document.put(pool.all_stats()); });
}

std::expected<std::size_t, StatsFileError> load_stats(KeyPool& pool,
                                                      const std::filesystem::path& path) {
  const auto document = read(path);
  if (!document) return std::unexpected(document.error());
  return pool.restore_stats(document->stats());
}

StatsFile::StatsFile(std::filesystem::path path) : path_(std::move(path)) {}

std::expected<std::size_t, StatsFileError> StatsFile::load(KeyPool& pool) {
  auto document = read(path_);
  if (!document) return std::unexpected(document.error());
  in_file_ = document->stats();
  return pool.restore_stats(in_file_);
}

std::expected<void, StatsFileError> StatsFile::save(const KeyPool& pool) {
  auto now = pool.all_stats();
  auto saved = change(path_, [&](StatsDocument& document) { document.add(in_file_, now); });
  if (saved) in_file_ = std::move(now);
  return saved;
}

}  // namespace keypool
