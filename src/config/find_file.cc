#include <system_error>

#include "config/load.h"
#include "secrets/environment.h"

namespace keypool::config {
namespace {

/// $XDG_CONFIG_HOME counts only when it is absolute (XDG base directory specification).
std::optional<std::filesystem::path> user_config_folder() {
  if (const auto xdg = secrets::non_empty_variable("XDG_CONFIG_HOME"); xdg && xdg->front() == '/') {
    return std::filesystem::path(*xdg);
  }
  const auto home = secrets::home_folder();
  if (!home) return std::nullopt;
  return *home / ".config";
}

}  // namespace

std::optional<std::filesystem::path> find_file(const std::optional<std::filesystem::path>& flag) {
  if (flag) return flag;
  if (const auto named = secrets::non_empty_variable("KEYPOOL_CONFIG")) {
    return std::filesystem::path(*named);
  }
  const auto folder = user_config_folder();
  if (!folder) return std::nullopt;
  const auto file = *folder / "keypool" / "keypool.yaml";
  // A file that is there but may not be looked at is not passed over: `load` says why.
  std::error_code ignored;
  const auto type = std::filesystem::status(file, ignored).type();
  if (type == std::filesystem::file_type::not_found) return std::nullopt;
  return file;
}

}  // namespace keypool::config
