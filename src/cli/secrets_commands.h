#pragma once

#include <string>
#include <vector>

namespace keypool::cli {

/// What the commands of `keypool secrets` were given.
struct SecretsOptions {
  std::string name;
  std::vector<std::string> names;
  bool json = false;
  bool show = false;
  bool overwrite = false;
};

/// Those that have a file of their own.
[[nodiscard]] int secrets_status(const SecretsOptions& options);
[[nodiscard]] int secrets_migrate(const SecretsOptions& options);

}  // namespace keypool::cli
