#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <keypool/key_pool.h>

#include "provider/dialect.h"
#include "provider/prices.h"
#include "state/client.h"

namespace keypool::config {

/// Where a value stands in the file; line and column count from 1. 0: not from a file.
struct Place {
  int line = 0;
  int column = 0;
};

/// A key to resolve.
struct Key {
  std::string name;
  std::vector<std::string> command;  ///< prints the value; empty: the name is looked up
  KeyOptions options;                ///< the most specific of its limits first
  bool disabled = false;
  Place place;
};

/// A base URL, taken apart.
struct BaseUrl {
  bool tls = false;
  std::string host;  ///< without brackets for IPv6
  std::uint16_t port = 0;
  std::string prefix;  ///< path without a trailing slash; empty for none

  [[nodiscard]] std::string text() const;

  friend bool operator==(const BaseUrl&, const BaseUrl&) = default;
};

/// What makes calls belong together, so that they go to the same key while it has room.
struct Affinity {
  enum class By { off, prefix, header };

  By by = By::off;
  std::string header;  ///< the name of the one that counts

  friend bool operator==(const Affinity&, const Affinity&) = default;
};

struct Endpoint {
  std::string name;
  BaseUrl base_url;
  provider::Dialect dialect = provider::Dialect::generic;
  bool keyless = false;
  std::vector<Key> keys;
  Policy policy = Policy::headroom;
  Affinity affinity;
  std::chrono::milliseconds cooldown{60'000};
  int attempts = 3;  ///< tries that failed for reasons not the key's
  std::chrono::milliseconds max_wait{10'000};
  std::filesystem::path ca;  ///< of the authorities trusted here; empty: this machine's

  /// Endpoints of the same dialect that take a call which no key here serves, in this order. Their
  /// own fallbacks are not asked, so two endpoints may name each other.
  std::vector<std::string> fallback;
  Place place;
};

/// For calls to /v1/… without an endpoint in the path.
struct Route {
  std::string model;  ///< a pattern with `*`
  std::string endpoint;

  friend bool operator==(const Route&, const Route&) = default;
};

/// host:port to listen on.
struct Listen {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] bool loopback() const;
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Listen&, const Listen&) = default;
};

/// Bounds on what the gateway takes. Each has a field of its own under `limits:`.
struct Limits {
  std::size_t head_bytes = 64 * 1024;                  ///< request and answer heads; 431 above
  std::size_t headers = 200;                           ///< lines of a head; 431 above
  std::uint64_t body_bytes = 512ull * 1024 * 1024;     ///< request bodies; 413 above
  std::size_t replay_bytes = 8 * 1024 * 1024;          ///< request bytes kept for another attempt
  std::chrono::milliseconds head_time{30'000};         ///< for a client to finish a request's head
  std::chrono::milliseconds connect_time{5'000};       ///< to reach the upstream, TLS included
  std::chrono::milliseconds first_byte_time{600'000};  ///< from request sent to answer's head
  std::chrono::milliseconds idle_time{300'000};        ///< between two bytes of either side
  std::chrono::milliseconds grace_time{30'000};        ///< for running calls after SIGTERM
  std::size_t max_waiting = 10'000;                    ///< calls of one endpoint in its queue
  std::size_t max_waiting_bytes = 256 * 1024 * 1024;   ///< of their bodies
  std::chrono::milliseconds call_time{7'200'000};      ///< for a call from its head to its end
  std::uint64_t body_rate = 256;                       ///< bytes a second a body must bring
  std::size_t connections = 20'000;                    ///< of clients at once; others wait outside
  std::size_t connections_per_client = 10'000;         ///< of one address; 429 above; 0: any number

  friend bool operator==(const Limits&, const Limits&) = default;
};

/// What a listener needs to speak TLS. PEM files by absolute path, read again when they change.
struct ListenTls {
  std::filesystem::path certificate;  ///< with the chain behind it
  std::filesystem::path key;
  std::filesystem::path client_ca;  ///< whose certificates clients must show; empty: none need to

  friend bool operator==(const ListenTls&, const ListenTls&) = default;
};

struct Config {
  Listen listen{"127.0.0.1", 8080};
  std::optional<ListenTls> listen_tls;  ///< nothing: plain
  Listen admin{"127.0.0.1", 8081};
  std::string admin_token_hash;  ///< `sha256:…`; empty: the admin API asks for no token
  int threads = 0;               ///< 0: one a core
  Limits limits;
  std::vector<Endpoint> endpoints;
  std::vector<Route> routes;
  std::vector<state::Client> clients;        ///< those of the state are others
  std::vector<provider::ModelPrice> prices;  ///< before the built-in ones
  std::string state;           ///< a folder, as written, or `:memory:`; empty: the usual one
  std::filesystem::path file;  ///< empty: zero-config
};

/// One mistake in the file.
struct Problem {
  std::filesystem::path file;
  Place place;
  std::string field;     ///< `endpoints[0].keys[1].group`
  std::string expected;  ///< what is wrong and what was expected, in a sentence

  /// `keypool.yaml:12:7: endpoints[0].cooldown: expected a duration such as 60s, got "soon"`
  [[nodiscard]] std::string message() const;
};

}  // namespace keypool::config
