#include "cli/configuration_file.h"

#include <fmt/core.h>

#include "cli/exit_code.h"
#include "secrets/environment.h"
#include "state/file.h"

namespace keypool::cli {

std::filesystem::path ConfigurationTarget::path() const {
  if (!file.empty()) return file;
  if (const auto xdg = secrets::non_empty_variable("XDG_CONFIG_HOME"); xdg && xdg->front() == '/') {
    return std::filesystem::path(*xdg) / "keypool" / "keypool.yaml";
  }
  return secrets::home_folder().value_or("") / ".config" / "keypool" / "keypool.yaml";
}

bool may_write(const ConfigurationTarget& target) {
  std::error_code ignored;
  const std::filesystem::path file = target.path();
  if (target.print || target.force || !std::filesystem::exists(file, ignored)) return true;
  fmt::print(
      stderr,
      "keypool: {} is there already and was left as it is; --force replaces it, --print only "
      "shows what would be written\n",
      file.native());
  return false;
}

int write_configuration(const ConfigurationTarget& target, std::string_view text) {
  if (!may_write(target)) return kFailed;
  if (target.print) {
    fmt::print("{}", text);
    return kGood;
  }
  if (auto written = state::replace_text(target.path(), text); !written) {
    fmt::print(stderr, "keypool: {}: {}\n", target.path().native(), written.error());
    return kFailed;
  }
  return kGood;
}

}  // namespace keypool::cli
