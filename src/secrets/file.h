#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>

#include "secrets/wiped_text.h"

namespace keypool::secrets {

/// Reads a whole file of at most `most` bytes, or says why it could not ("No such file or
/// directory", "a folder, not a file"). Only regular files are read: a pipe or a device could keep
/// the reader waiting for ever.
[[nodiscard]] std::expected<WipedText, std::string> read_file(const std::filesystem::path& path,
                                                              std::size_t most);

}  // namespace keypool::secrets
