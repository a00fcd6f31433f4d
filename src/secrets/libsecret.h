#pragma once

// libsecret's API is stable except for the part that tells whether an item is locked.
#define SECRET_API_SUBJECT_TO_CHANGE
#include <memory>

#include <libsecret/secret.h>

namespace keypool::secrets {

/// The functions of libsecret and GLib that we call, looked up when the first one is needed instead
/// of linked: a program that links libkeypool.a needs neither library, and a server without them
/// runs as well; it has no keychain then.
struct Libsecret {
  /// Null where the library is not installed. Never unloaded: GLib has threads.
  static const Libsecret* get();

  decltype(&::secret_service_get_sync) service_get;
  decltype(&::secret_service_search_sync) service_search;
  decltype(&::secret_collection_for_alias_sync) collection_for_alias;
  decltype(&::secret_collection_get_locked) collection_get_locked;
  decltype(&::secret_item_create_sync) item_create;
  decltype(&::secret_item_delete_sync) item_delete;
  decltype(&::secret_item_get_attributes) item_get_attributes;
  decltype(&::secret_item_get_locked) item_get_locked;
  decltype(&::secret_item_get_modified) item_get_modified;
  decltype(&::secret_item_get_secret) item_get_secret;
  decltype(&::secret_item_set_secret_sync) item_set_secret;
  decltype(&::secret_value_get) value_get;
  decltype(&::secret_value_new) value_new;
  decltype(&::secret_value_unref) value_unref;
  decltype(&::g_bus_get_sync) bus_get;
  decltype(&::g_dbus_connection_set_exit_on_close) connection_set_exit_on_close;
  decltype(&::g_object_unref) object_unref;
  decltype(&::g_error_free) error_free;
  decltype(&::g_list_free) list_free;
  decltype(&::g_hash_table_new) hash_table_new;
  decltype(&::g_hash_table_insert) hash_table_insert;
  decltype(&::g_hash_table_lookup) hash_table_lookup;
  decltype(&::g_hash_table_unref) hash_table_unref;
  decltype(&::g_str_hash) str_hash;
  decltype(&::g_str_equal) str_equal;
};

}  // namespace keypool::secrets
