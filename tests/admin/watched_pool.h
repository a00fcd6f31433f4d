#pragma once

#include <string>

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
    add_endpoint("openai", "api.openai.com").dialect = provider::Dialect::openai;
    add_endpoint("empty", "api.example.com");
    add_endpoint("local", "model.internal").keyless = true;
    for (const char* name : {"OPENAI_API_KEY[0]", "OPENAI_API_KEY[1]"}) {
      pool.add_key("openai", {.name = name, .secret = Secret(kMarker)});
    }
  }

 private:
  config::Endpoint& add_endpoint(const std::string& name, const std::string& host) {
    config::Endpoint& endpoint = config.endpoints.emplace_back();
    endpoint.name = name;
    endpoint.base_url.tls = true;
    endpoint.base_url.host = host;
    endpoint.base_url.port = 443;
    return endpoint;
  }
};

}  // namespace keypool::admin
