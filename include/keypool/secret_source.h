#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret.h>

namespace keypool {

/// Where a name such as `OPENAI_API_KEY` becomes a secret.
///
/// Thread-safety: `resolve` may be called from any thread at any time.
class SecretSource {
 public:
  /// A value and the place it came from, in words an operator understands
  /// ("environment", "file /run/secrets/openai named by OPENAI_API_KEY_FILE").
  struct Found {
    Secret value;
    std::string origin;
  };

  virtual ~SecretSource() = default;

  /// The raw value of `name`: one secret, or a list separated by commas or lines. Nothing when no
  /// place knows the name; then `places(name)` says where it was looked for.
  [[nodiscard]] virtual std::optional<Found> resolve(std::string_view name) const = 0;

  /// Every place that `resolve(name)` looks at, in its order, each with why it gave nothing there
  /// ("environment variable OPENAI_API_KEY: not set"). For messages; never holds a secret.
  [[nodiscard]] virtual std::vector<std::string> places(std::string_view name) const = 0;
};

/// The sources of this machine, in the order: environment variable NAME, the file named by
/// NAME_FILE, the file NAME in $CREDENTIALS_DIRECTORY, the user's keychain (service `car`, account
/// NAME). A keychain that could only be read by asking its user, or that does not answer within two
/// seconds, is passed over. Lives until the process ends.
[[nodiscard]] const SecretSource& system_secret_source() noexcept;

/// Reads `~/.car/env` (`KEY=value` lines) into the process environment; what is set already stays.
/// Returns how many variables it set; a file that is not there sets none. Lines that cannot be read
/// are reported through `on_problem(text)`, which never sees a value.
///
/// Thread-safety: none. Call it before the first thread starts: it changes the environment.
int load_car_env(const std::function<void(std::string_view text)>& on_problem);

}  // namespace keypool
