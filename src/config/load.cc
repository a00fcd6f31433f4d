#include "config/load.h"

#include <cstddef>

#include "secrets/file.h"

namespace keypool::config {

namespace {

// Read as if it held a secret: somebody may have written one into it.
auto read_text(const std::filesystem::path& file) {
  constexpr std::size_t kMostBytes = 16 * 1024 * 1024;
  return secrets::read_file(file, kMostBytes);
}

}  // namespace

std::expected<Config, std::vector<Problem>> load(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) {
    return std::unexpected(std::vector{Problem{file, {}, {}, "cannot be read: " + text.error()}});
  }
  return parse(text->view(), file);
}

Listen load_admin_listen(const std::filesystem::path& file) {
  const auto text = read_text(file);
  return text ? parse_admin_listen(text->view()) : Config{}.admin;
}

}  // namespace keypool::config
