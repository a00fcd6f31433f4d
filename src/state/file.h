#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace keypool::state {

/// The text of a file; nothing when there is none. The error says what the system says.
[[nodiscard]] std::expected<std::optional<std::string>, std::string> read_text(
    const std::filesystem::path& path);

/// Puts `text` in the place of what `path` held, whole or not at all, also when the power fails. A
/// symbolic link stays one: the file it leads to is replaced. Missing folders are made.
[[nodiscard]] std::expected<void, std::string> replace_text(const std::filesystem::path& path,
                                                            std::string_view text);

/// Keeps other programs, and other locks of this one, from changing a file meanwhile: all of them
/// lock the file's neighbour `path` + ".lock", which stays behind.
class FileLock {
 public:
  /// Waits until the lock is free. Missing folders are made.
  [[nodiscard]] static std::expected<FileLock, std::string> take(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace keypool::state
