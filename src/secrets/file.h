#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "secrets/wiped_text.h"

namespace keypool::secrets {

/// Whose eyes a file of secrets may be for.
enum class Readers {
  anybody,  ///< its mode is not our business: the system put it there
  owner,    ///< ours or root's; a file of ours that others may read is refused, as ssh does
};

/// Reads a whole file of at most `most` bytes, or says why it could not ("No such file or
/// directory", "a folder, not a file"). Only regular files are read: a pipe or a device could keep
/// the reader waiting for ever.
[[nodiscard]] std::expected<WipedText, std::string> read_file(const std::filesystem::path& path,
                                                              std::size_t most,
                                                              Readers readers = Readers::anybody);

/// What is wrong with who may read a file, and what to do about it; nothing when all is well or
/// the file cannot be looked at.
[[nodiscard]] std::optional<std::string> exposure(const std::filesystem::path& path);

}  // namespace keypool::secrets
