#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/secret.h>

namespace keypool::secrets {

/// Why the keychain did not do it.
struct KeychainFailure {
  enum class Kind {
    missing,    ///< it has no such item
    absent,     ///< there is no keychain here: no session bus, no service, no library
    locked,     ///< only its user could open it, and nobody is asked
    no_answer,  ///< it did not answer in time, and is not asked again
    failed,     ///< anything else
  };
  Kind kind = Kind::failed;
  std::string message;  ///< a few words; never holds a secret
};

/// The user's keychain: where the operating system keeps secrets. Items belong to the service `car`
/// and carry a name; nothing else about an item decides, so what other programs stored there under
/// both is found.
///
/// Never asks the user anything: what it could only do by asking, it does not do.
///
/// Thread-safety: any thread at any time.
class Keychain {
 public:
  static constexpr const char* kService = "car";

  virtual ~Keychain() = default;

  /// Of several items with this name, the one that was changed last.
  [[nodiscard]] virtual std::expected<Secret, KeychainFailure> find(
      std::string_view name) const = 0;

  /// Puts `value` in the place of what was there under this name.
  [[nodiscard]] virtual std::expected<void, KeychainFailure> store(std::string_view name,
                                                                   const Secret& value) const = 0;

  /// Takes out every item with this name.
  [[nodiscard]] virtual std::expected<void, KeychainFailure> remove(
      std::string_view name) const = 0;

  /// The names of all items, locked ones too, sorted.
  [[nodiscard]] virtual std::expected<std::vector<std::string>, KeychainFailure> names() const = 0;
};

/// The one of this machine: the Secret Service (GNOME Keyring, KWallet, KeePassXC) on Linux and the
/// BSDs, Keychain on macOS, Credential Manager on Windows. The last two are compiled there and have
/// not been tested. Lives until the process ends.
[[nodiscard]] const Keychain& system_keychain();

}  // namespace keypool::secrets
