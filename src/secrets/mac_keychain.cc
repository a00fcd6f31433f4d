// macOS's Keychain. Compiled on macOS only; not tested.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <type_traits>

#include <Security/Security.h>

#include "secrets/keychain.h"

namespace keypool::secrets {
namespace {

using Kind = KeychainFailure::Kind;

struct Release {
  void operator()(const void* object) const { CFRelease(object); }
};
template <typename Object>
using Owned = std::unique_ptr<std::remove_pointer_t<Object>, Release>;

KeychainFailure failure_of(OSStatus status) {
  if (status == errSecItemNotFound) return {Kind::missing, "no item"};
  if (status == errSecInteractionNotAllowed) {
    return {Kind::locked, "locked; unlock it, keypool asks nobody"};
  }
  return {Kind::failed, "error " + std::to_string(status)};
}

Owned<CFStringRef> string_of(std::string_view text) {
  return Owned<CFStringRef>(
      CFStringCreateWithBytes(nullptr, reinterpret_cast<const UInt8*>(text.data()),
                              static_cast<CFIndex>(text.size()), kCFStringEncodingUTF8, false));
}

Owned<CFMutableDictionaryRef> query_for(std::optional<std::string_view> name) {
  Owned<CFMutableDictionaryRef> query(CFDictionaryCreateMutable(
      nullptr, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
  CFDictionarySetValue(query.get(), kSecClass, kSecClassGenericPassword);
  CFDictionarySetValue(query.get(), kSecAttrService, string_of(Keychain::kService).get());
  CFDictionarySetValue(query.get(), kSecUseAuthenticationUI, kSecUseAuthenticationUIFail);
  if (name) CFDictionarySetValue(query.get(), kSecAttrAccount, string_of(*name).get());
  return query;
}

Owned<CFDataRef> data_of(const Secret& value) {
  return Owned<CFDataRef>(CFDataCreate(nullptr,
                                       reinterpret_cast<const UInt8*>(value.reveal().data()),
                                       static_cast<CFIndex>(value.reveal().size())));
}

class MacKeychain final : public Keychain {
 public:
  std::expected<Secret, KeychainFailure> find(std::string_view name) const override {
    const auto query = query_for(name);
    CFDictionarySetValue(query.get(), kSecReturnData, kCFBooleanTrue);
    CFTypeRef found = nullptr;
    const auto status = SecItemCopyMatching(query.get(), &found);
    if (status != errSecSuccess) return std::unexpected(failure_of(status));
    const Owned<CFDataRef> data(static_cast<CFDataRef>(found));
    return Secret(std::string_view(reinterpret_cast<const char*>(CFDataGetBytePtr(data.get())),
                                   static_cast<std::size_t>(CFDataGetLength(data.get()))));
  }

  std::expected<void, KeychainFailure> store(std::string_view name,
                                             const Secret& value) const override {
    const auto query = query_for(name);
    const Owned<CFMutableDictionaryRef> change(CFDictionaryCreateMutable(
        nullptr, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks));
    CFDictionarySetValue(change.get(), kSecValueData, data_of(value).get());
    auto status = SecItemUpdate(query.get(), change.get());
    if (status == errSecItemNotFound) {
      CFDictionarySetValue(query.get(), kSecValueData, data_of(value).get());
      status = SecItemAdd(query.get(), nullptr);
    }
    if (status != errSecSuccess) return std::unexpected(failure_of(status));
    return {};
  }

  std::expected<void, KeychainFailure> remove(std::string_view name) const override {
    const auto status = SecItemDelete(query_for(name).get());
    if (status != errSecSuccess) return std::unexpected(failure_of(status));
    return {};
  }

  std::expected<std::vector<std::string>, KeychainFailure> names() const override {
    const auto query = query_for(std::nullopt);
    CFDictionarySetValue(query.get(), kSecReturnAttributes, kCFBooleanTrue);
    CFDictionarySetValue(query.get(), kSecMatchLimit, kSecMatchLimitAll);
    CFTypeRef found = nullptr;
    const auto status = SecItemCopyMatching(query.get(), &found);
    std::vector<std::string> names;
    if (status == errSecItemNotFound) return names;
    if (status != errSecSuccess) return std::unexpected(failure_of(status));
    const Owned<CFArrayRef> items(static_cast<CFArrayRef>(found));
    for (CFIndex at = 0; at < CFArrayGetCount(items.get()); ++at) {
      const auto item = static_cast<CFDictionaryRef>(CFArrayGetValueAtIndex(items.get(), at));
      const auto account = static_cast<CFStringRef>(CFDictionaryGetValue(item, kSecAttrAccount));
      std::array<char, 1024> text{};
      if (account != nullptr &&
          CFStringGetCString(account, text.data(), text.size(), kCFStringEncodingUTF8)) {
        names.emplace_back(text.data());
      }
    }
    std::ranges::sort(names);
    return names;
  }
};

}  // namespace

const Keychain& system_keychain() {
  static const MacKeychain keychain;
  return keychain;
}

}  // namespace keypool::secrets
