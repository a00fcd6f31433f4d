#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace keypool::gateway {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

using SslPtr = std::unique_ptr<SSL, SslFree>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslFree>;

/// TLS toward upstreams: this machine's roots, TLS 1.2 or later, and the certificate must name the
/// host. There is no way to switch that off.
///
/// Thread-safety: `begin` from any thread.
class TlsClient {
 public:
  /// Throws std::runtime_error when OpenSSL cannot be set up.
  TlsClient();

  /// A connection to `host` about to shake hands over the socket `fd`, which it does not own.
  /// `session` is of an earlier connection to the same host, or null.
  [[nodiscard]] SslPtr begin(const std::string& host, int fd, SSL_SESSION* session) const;

 private:
  std::unique_ptr<SSL_CTX, SslFree> context_;
};

/// The session that a later connection may resume, or null.
[[nodiscard]] SslSessionPtr resumable_session(SSL* ssl);

}  // namespace keypool::gateway
