#pragma once

#include <keypool/key_pool.h>

#include "config/config.h"

namespace keypool::admin {

/// A secret that no answer of the API may ever hold.
inline constexpr const char* kMarker = "sk-marker-9f3c";

/// A configuration of three endpoints: `openai` with two keys, `empty` without one, and the keyless
/// `local`.
struct WatchedPool {
  config::Config config;
  KeyPool pool;

  WatchedPool() {
    config.admin = {"127.0.0.1", 0};
    config.endpoints = {
        {.name = "openai",
         .base_url = {.tls = true, .host = "api.openai.com", .port = 443},
         .dialect = provider::Dialect::openai},
        {.name = "empty", .base_url = {.tls = true, .host = "api.example.com", .port = 443}},
        {.name = "local", .base_url = {.host = "127.0.0.1", .port = 11434}, .keyless = true}};
    pool.add_key("openai", {.name = "OPENAI_API_KEY[0]", .secret = Secret(kMarker)});
    pool.add_key("openai", {.name = "OPENAI_API_KEY[1]", .secret = Secret(kMarker)});
  }
};

}  // namespace keypool::admin
