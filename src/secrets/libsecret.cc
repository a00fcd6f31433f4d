#include "secrets/libsecret.h"

#include <dlfcn.h>

namespace keypool::secrets {
namespace {

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

/// GLib's functions are found through libsecret, which links it.
bool find_all(void* library, Libsecret& all) {
  return find(library, "secret_service_get_sync", all.service_get) &&
         find(library, "secret_service_search_sync", all.service_search) &&
         find(library, "secret_collection_for_alias_sync", all.collection_for_alias) &&
         find(library, "secret_collection_get_locked", all.collection_get_locked) &&
         find(library, "secret_item_create_sync", all.item_create) &&
         find(library, "secret_item_delete_sync", all.item_delete) &&
         find(library, "secret_item_get_attributes", all.item_get_attributes) &&
         find(library, "secret_item_get_locked", all.item_get_locked) &&
         find(library, "secret_item_get_modified", all.item_get_modified) &&
         find(library, "secret_item_get_secret", all.item_get_secret) &&
         find(library, "secret_item_set_secret_sync", all.item_set_secret) &&
         find(library, "secret_value_get", all.value_get) &&
         find(library, "secret_value_new", all.value_new) &&
         find(library, "secret_value_unref", all.value_unref) &&
         find(library, "g_bus_get_sync", all.bus_get) &&
         find(library, "g_dbus_connection_set_exit_on_close", all.connection_set_exit_on_close) &&
         find(library, "g_object_unref", all.object_unref) &&
         find(library, "g_error_free", all.error_free) &&
         find(library, "g_list_free", all.list_free) &&
         find(library, "g_hash_table_new", all.hash_table_new) &&
         find(library, "g_hash_table_insert", all.hash_table_insert) &&
         find(library, "g_hash_table_lookup", all.hash_table_lookup) &&
         find(library, "g_hash_table_unref", all.hash_table_unref) &&
         find(library, "g_str_hash", all.str_hash) && find(library, "g_str_equal", all.str_equal);
}

}  // namespace

const Libsecret* Libsecret::get() {
  // Never destroyed: a call that was given up may still run while the program ends.
  static const Libsecret* const all = []() -> const Libsecret* {
    void* const library = ::dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return nullptr;
    auto found = std::make_unique<Libsecret>();
    if (!find_all(library, *found)) return nullptr;
    return found.release();
  }();
  return all;
}

}  // namespace keypool::secrets
