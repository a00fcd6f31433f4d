// Windows' Credential Manager. Compiled on Windows only; not tested.
#include <algorithm>
#include <memory>

#include <wincred.h>
#include <windows.h>

#include "secrets/keychain.h"

namespace keypool::secrets {
namespace {

using Kind = KeychainFailure::Kind;

struct Free {
  void operator()(void* memory) const { CredFree(memory); }
};

KeychainFailure last_failure() {
  const auto code = GetLastError();
  if (code == ERROR_NOT_FOUND) return {Kind::missing, "no item"};
  if (code == ERROR_NO_SUCH_LOGON_SESSION) return {Kind::absent, "no credential set"};
  return {Kind::failed, "error " + std::to_string(code)};
}

/// Generic credentials are named as other keyring programs name them: account, then service.
std::string target_of(std::string_view name) {
  return std::string(name) + "." + Keychain::kService;
}

class WindowsKeychain final : public Keychain {
 public:
  std::expected<Secret, KeychainFailure> find(std::string_view name) const override {
    CREDENTIALA* found = nullptr;
    if (!CredReadA(target_of(name).c_str(), CRED_TYPE_GENERIC, 0, &found)) {
      return std::unexpected(last_failure());
    }
    const std::unique_ptr<CREDENTIALA, Free> owned(found);
    return Secret(std::string_view(reinterpret_cast<const char*>(found->CredentialBlob),
                                   found->CredentialBlobSize));
  }

  std::expected<void, KeychainFailure> store(std::string_view name,
                                             const Secret& value) const override {
    auto target = target_of(name);
    std::string account(name);
    CREDENTIALA item{};
    item.Type = CRED_TYPE_GENERIC;
    item.TargetName = target.data();
    item.UserName = account.data();
    item.CredentialBlob = reinterpret_cast<LPBYTE>(const_cast<char*>(value.reveal().data()));
    item.CredentialBlobSize = static_cast<DWORD>(value.reveal().size());
    item.Persist = CRED_PERSIST_LOCAL_MACHINE;
    if (!CredWriteA(&item, 0)) return std::unexpected(last_failure());
    return {};
  }

  std::expected<void, KeychainFailure> remove(std::string_view name) const override {
    if (!CredDeleteA(target_of(name).c_str(), CRED_TYPE_GENERIC, 0)) {
      return std::unexpected(last_failure());
    }
    return {};
  }

  std::expected<std::vector<std::string>, KeychainFailure> names() const override {
    DWORD count = 0;
    CREDENTIALA** found = nullptr;
    std::vector<std::string> names;
    if (!CredEnumerateA(("*." + std::string(kService)).c_str(), 0, &count, &found)) {
      auto failure = last_failure();
      if (failure.kind == Kind::missing) return names;
      return std::unexpected(std::move(failure));
    }
    const std::unique_ptr<CREDENTIALA*, Free> owned(found);
    for (DWORD at = 0; at < count; ++at) {
      if (found[at]->UserName != nullptr) names.emplace_back(found[at]->UserName);
    }
    std::ranges::sort(names);
    return names;
  }
};

}  // namespace

const Keychain& system_keychain() {
  static const WindowsKeychain keychain;
  return keychain;
}

}  // namespace keypool::secrets
