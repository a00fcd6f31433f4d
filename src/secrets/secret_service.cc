#include "secrets/secret_service.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "secrets/bounded.h"
#include "secrets/environment.h"
#include "secrets/libsecret.h"

namespace keypool::secrets {
namespace {

using Kind = KeychainFailure::Kind;

template <typename Result>
using Answer = std::expected<Result, KeychainFailure>;

std::unexpected<KeychainFailure> failure(Kind kind, std::string message) {
  return std::unexpected(KeychainFailure{kind, std::move(message)});
}

std::unexpected<KeychainFailure> locked() {
  return failure(Kind::locked, "locked; unlock it, keypool asks nobody");
}

struct Unref {
  void operator()(void* object) const { Libsecret::get()->object_unref(object); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Unref>;

struct UnrefTable {
  void operator()(GHashTable* table) const { Libsecret::get()->hash_table_unref(table); }
};
using Attributes = std::unique_ptr<GHashTable, UnrefTable>;

struct UnrefValue {
  void operator()(SecretValue* value) const { Libsecret::get()->value_unref(value); }
};
using Value = std::unique_ptr<SecretValue, UnrefValue>;

/// GLib's way to say what went wrong.
class Error {
 public:
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() {
    if (error_ != nullptr) Libsecret::get()->error_free(error_);
  }

  [[nodiscard]] GError** out() noexcept { return &error_; }
  [[nodiscard]] bool set() const noexcept { return error_ != nullptr; }

  [[nodiscard]] std::unexpected<KeychainFailure> as(Kind kind) const {
    return failure(kind, error_ != nullptr ? error_->message : "failed without a reason");
  }

 private:
  GError* error_ = nullptr;
};

/// The attributes that make an item ours; without a name those of all of ours.
Attributes attributes_of(const Libsecret& lib, const std::string* name) {
  Attributes attributes(lib.hash_table_new(lib.str_hash, lib.str_equal));
  const auto put = [&](const char* key, const char* value) {
    lib.hash_table_insert(attributes.get(), const_cast<char*>(key), const_cast<char*>(value));
  };
  put("service", Keychain::kService);
  if (name != nullptr) put("username", name->c_str());
  return attributes;
}

/// Without an address GLib would start a bus of its own where there is a display.
bool has_session_bus() {
  if (non_empty_variable("DBUS_SESSION_BUS_ADDRESS")) return true;
  const auto runtime = non_empty_variable("XDG_RUNTIME_DIR");
  std::error_code ignored;
  return runtime && std::filesystem::exists(std::filesystem::path(*runtime) / "bus", ignored);
}

/// The service, once it is known to be there.
class Session {
 public:
  static Answer<Session> open() {
    const Libsecret* const lib = Libsecret::get();
    if (lib == nullptr) return failure(Kind::absent, "libsecret is not installed");
    Error error;
    auto* const bus = lib->bus_get(G_BUS_TYPE_SESSION, nullptr, error.out());
    if (bus == nullptr) return error.as(Kind::absent);
    // GLib would end the process together with the bus. The reference is kept for ever: GLib shares
    // this one connection.
    lib->connection_set_exit_on_close(bus, FALSE);
    Owned<SecretService_> service(lib->service_get(SECRET_SERVICE_NONE, nullptr, error.out()));
    if (!service) return error.as(Kind::absent);
    return Session(*lib, std::move(service));
  }

  [[nodiscard]] const Libsecret& lib() const noexcept { return *lib_; }

  [[nodiscard]] Answer<std::vector<Owned<SecretItem>>> items(const std::string* name) const {
    Error error;
    const auto attributes = attributes_of(*lib_, name);
    // No schema: the attributes alone decide. No SECRET_SEARCH_UNLOCK: nobody is asked.
    GList* const list = lib_->service_search(
        service_.get(), nullptr, attributes.get(),
        static_cast<SecretSearchFlags>(SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS), nullptr,
        error.out());
    if (list == nullptr && error.set()) return error.as(Kind::absent);
    std::vector<Owned<SecretItem>> items;
    for (const GList* at = list; at != nullptr; at = at->next) {
      items.emplace_back(static_cast<SecretItem*>(at->data));
    }
    lib_->list_free(list);
    std::ranges::stable_sort(items, std::greater(), [this](const Owned<SecretItem>& item) {
      return lib_->item_get_modified(item.get());
    });
    return items;
  }

  [[nodiscard]] bool is_locked(const Owned<SecretItem>& item) const {
    return lib_->item_get_locked(item.get()) != FALSE;
  }

  [[nodiscard]] Answer<void> create(const std::string& name, SecretValue* value) const {
    Error error;
    const Owned<SecretCollection> collection(lib_->collection_for_alias(
        service_.get(), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, nullptr, error.out()));
    if (error.set()) return error.as(Kind::absent);
    if (!collection) return failure(Kind::absent, "it has no default collection to store in");
    if (lib_->collection_get_locked(collection.get()) != FALSE) return locked();
    const auto attributes = attributes_of(*lib_, &name);
    lib_->hash_table_insert(attributes.get(), const_cast<char*>("xdg:schema"),
                            const_cast<char*>("org.freedesktop.Secret.Generic"));
    const Owned<SecretItem> item(lib_->item_create(
        collection.get(), nullptr, attributes.get(), fmt::format("API key {}", name).c_str(), value,
        SECRET_ITEM_CREATE_REPLACE, nullptr, error.out()));
    if (!item) return error.as(Kind::failed);
    return {};
  }

 private:
  using SecretService_ = ::SecretService;

  Session(const Libsecret& lib, Owned<SecretService_> service)
      : lib_(&lib), service_(std::move(service)) {}

  const Libsecret* lib_;
  Owned<SecretService_> service_;
};

Answer<Secret> find_item(const std::string& name) {
  const auto session = Session::open();
  if (!session) return std::unexpected(session.error());
  const auto items = session->items(&name);
  if (!items) return std::unexpected(items.error());
  for (const auto& item : *items) {
    if (session->is_locked(item)) continue;
    const Value value(session->lib().item_get_secret(item.get()));
    if (!value) continue;
    gsize size = 0;
    const char* const bytes = session->lib().value_get(value.get(), &size);
    return Secret(std::string_view(bytes, size));
  }
  if (!items->empty()) return locked();
  return failure(Kind::missing, "no item");
}

Answer<void> store_item(const std::string& name, const Secret& secret) {
  const auto session = Session::open();
  if (!session) return std::unexpected(session.error());
  const auto& lib = session->lib();
  const auto items = session->items(&name);
  if (!items) return std::unexpected(items.error());
  const Value value(lib.value_new(secret.reveal().data(),
                                  static_cast<gssize>(secret.reveal().size()), "text/plain"));
  if (items->empty()) return session->create(name, value.get());
  if (session->is_locked(items->front())) return locked();
  Error error;
  if (!lib.item_set_secret(items->front().get(), value.get(), nullptr, error.out())) {
    return error.as(Kind::failed);
  }
  return {};
}

Answer<void> remove_items(const std::string& name) {
  const auto session = Session::open();
  if (!session) return std::unexpected(session.error());
  const auto items = session->items(&name);
  if (!items) return std::unexpected(items.error());
  if (items->empty()) return failure(Kind::missing, "no item");
  for (const auto& item : *items) {
    if (session->is_locked(item)) return locked();
    Error error;
    if (!session->lib().item_delete(item.get(), nullptr, error.out()))
      return error.as(Kind::failed);
  }
  return {};
}

Answer<std::vector<std::string>> item_names() {
  const auto session = Session::open();
  if (!session) return std::unexpected(session.error());
  const auto items = session->items(nullptr);
  if (!items) return std::unexpected(items.error());
  std::vector<std::string> names;
  for (const auto& item : *items) {
    const Attributes attributes(session->lib().item_get_attributes(item.get()));
    const auto* const name =
        static_cast<const char*>(session->lib().hash_table_lookup(attributes.get(), "username"));
    if (name != nullptr) names.emplace_back(name);
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

template <typename Result>
Answer<Result> ask(std::chrono::milliseconds limit, std::atomic<bool>& hangs,
                   std::function<Answer<Result>()> work) {
  if (!has_session_bus()) return failure(Kind::absent, "no session bus");
  if (hangs.load()) return failure(Kind::no_answer, "did not answer before, so not asked again");
  auto answer = within<Answer<Result>>(limit, std::move(work));
  if (answer) return std::move(*answer);
  hangs.store(true);
  return failure(Kind::no_answer, fmt::format("no answer within {} ms", limit.count()));
}

}  // namespace

std::expected<Secret, KeychainFailure> SecretService::find(std::string_view name) const {
  return ask<Secret>(limit_, hangs_, [name = std::string(name)] { return find_item(name); });
}

std::expected<void, KeychainFailure> SecretService::store(std::string_view name,
                                                          const Secret& value) const {
  // The thread may outlive the caller's secret.
  const auto own = std::make_shared<const Secret>(value.clone());
  return ask<void>(limit_, hangs_,
                   [name = std::string(name), own] { return store_item(name, *own); });
}

std::expected<void, KeychainFailure> SecretService::remove(std::string_view name) const {
  return ask<void>(limit_, hangs_, [name = std::string(name)] { return remove_items(name); });
}

std::expected<std::vector<std::string>, KeychainFailure> SecretService::names() const {
  return ask<std::vector<std::string>>(limit_, hangs_, [] { return item_names(); });
}

const Keychain& system_keychain() {
  static const SecretService keychain(std::chrono::seconds(2));
  return keychain;
}

}  // namespace keypool::secrets
