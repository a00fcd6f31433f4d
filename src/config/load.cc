#include "config/load.h"

#include <cstddef>

#include "secrets/file.h"

namespace keypool::config {

std::expected<Config, std::vector<Problem>> load(const std::filesystem::path& file) {
  constexpr std::size_t kMostBytes = 16 * 1024 * 1024;
  // Read as if it held a secret: somebody may have written one into it.
  const auto text = secrets::read_file(file, kMostBytes);
  if (!text) {
    return std::unexpected(std::vector{Problem{file, {}, {}, "cannot be read: " + text.error()}});
  }
  return parse(text->view(), file);
}

}  // namespace keypool::config
