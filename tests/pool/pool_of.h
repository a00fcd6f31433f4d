#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <keypool/key_pool.h>

#include "tests/pool/fake_clock.h"

namespace keypool {

inline constexpr const char* kApi = "api";

/// A pool on a clock of its own, with one endpoint and the named keys.
struct PoolOf {
  FakeClock clock;
  KeyPool pool;

  explicit PoolOf(std::initializer_list<const char*> keys, Options options = {.secrets = nullptr})
      : pool(with_clock(std::move(options), clock)) {
    for (const char* key : keys) {
      pool.add_key(kApi, {.name = key, .secret = Secret("sk-" + std::string(key))});
    }
  }

  /// Leases, reports a success and names the key.
  std::string use(std::uint64_t tokens, const LeaseRequest& request = {}) {
    auto lease = pool.lease(kApi, request);
    if (!lease) return "none: " + lease.error().message();
    std::string name(lease->key_name());
    lease->succeed({.input_tokens = tokens});
    return name;
  }

  /// Leases until `key` comes, giving the others back untouched.
  Lease lease_of(std::string_view key, LeaseRequest request = {}) {
    std::vector<Lease> others;
    for (int tries = 0; tries < 1000; ++tries) {
      auto lease = pool.lease(kApi, request);
      if (!lease) break;
      if (lease->key_name() == key) {
        for (Lease& other : others) other.release();
        return std::move(*lease);
      }
      others.push_back(std::move(*lease));
    }
    for (Lease& other : others) other.release();
    return {};
  }

  KeyStats stats_of(std::string_view key) const {
    for (KeyStats& stats : pool.stats(kApi)) {
      if (stats.name == key) return stats;
    }
    return {};
  }

 private:
  static Options with_clock(Options options, const FakeClock& clock) {
    options.clock = &clock;
    return options;
  }
};

}  // namespace keypool
