#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace keypool::cli {

/// Where `init` and `import` write their configuration, and what they may do.
struct ConfigurationTarget {
  std::string file;    ///< empty: the usual one
  bool print = false;  ///< show it instead
  bool force = false;  ///< replace a file that is there

  /// The file named, else ~/.config/keypool/keypool.yaml.
  [[nodiscard]] std::filesystem::path path() const;
};

/// Whether the file may be written; else says on stderr why not.
[[nodiscard]] bool may_write(const ConfigurationTarget& target);

/// Writes `text`, unless another file is there. The exit code; what went wrong is on stderr.
[[nodiscard]] int write_configuration(const ConfigurationTarget& target, std::string_view text);

}  // namespace keypool::cli
