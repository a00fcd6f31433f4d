#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <keypool/secret_source.h>

namespace keypool::secrets {

/// One place where a name may be known: the environment, a file, a keychain, a command. A further
/// kind of place is a further file here, and a line in system_source.cc.
///
/// Thread-safety: `look_up` may be called from any thread at any time.
class Place {
 public:
  virtual ~Place() = default;

  /// What this place holds under `name`, or one line that names the place and says why it gave
  /// nothing. A line never holds a part of a value.
  [[nodiscard]] virtual std::expected<SecretSource::Found, std::string> look_up(
      std::string_view name) const = 0;
};

}  // namespace keypool::secrets
