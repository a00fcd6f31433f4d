#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "config/config.h"

namespace keypool::gateway {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslFree>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslFree>;

/// TLS toward upstreams: TLS 1.2 or later, an authority that is trusted, and a certificate that
/// names the host. There is no way to switch that off.
///
/// Thread-safety: `begin` from any thread.
class TlsClient {
 public:
  /// Trusts the authorities in the PEM file `ca` and no others; empty: this machine's. Throws
  /// std::runtime_error that says what cannot be used.
  explicit TlsClient(const std::filesystem::path& ca = {});

  /// A connection to `host` about to shake hands over the socket `fd`, which it does not own.
  /// `session` is of an earlier connection to the same host, or null.
  [[nodiscard]] SslPtr begin(const std::string& host, int fd, SSL_SESSION* session) const;

 private:
  SslContextPtr context_;
};

/// TLS toward clients: TLS 1.2 or later, HTTP/1.1, and where an authority is given a certificate of
/// its for the client.
///
/// Thread-safety: any thread.
class TlsServer {
 public:
  /// Throws std::runtime_error that names the file that cannot be used, and why.
  explicit TlsServer(config::ListenTls files);

  /// A connection about to shake hands over the socket `fd`, which it does not own.
  [[nodiscard]] SslPtr begin(int fd) const;

  /// Reads the files again if one has changed since they were read, and tells whether they were.
  /// Connections that are open stay as they are. Where the new files cannot be used the old ones
  /// stay in force; the error says why.
  [[nodiscard]] std::expected<bool, std::string> refresh();

 private:
  struct Stamp {
    std::filesystem::file_time_type written;
    std::uintmax_t size = 0;
    bool operator==(const Stamp&) const = default;
  };
  [[nodiscard]] std::vector<Stamp> stamps() const;

  const config::ListenTls files_;
  mutable std::mutex mutex_;
  std::vector<Stamp> read_;  // of the files as they were read last, or could not be
  SslContextPtr context_;    // guarded by mutex_
};

/// The session that a later connection may resume, or null.
[[nodiscard]] SslSessionPtr resumable_session(SSL* ssl);

}  // namespace keypool::gateway
