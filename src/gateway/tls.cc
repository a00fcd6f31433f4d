#include "gateway/tls.h"

#include <stdexcept>

#include <boost/asio/ip/address.hpp>
#include <openssl/x509v3.h>

namespace keypool::gateway {
namespace {

constexpr unsigned char kHttp11[] = "\x08http/1.1";

}  // namespace

TlsClient::TlsClient() : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* context = context_.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_default_verify_paths(context) != 1 ||
      SSL_CTX_set_alpn_protos(context, kHttp11, sizeof kHttp11 - 1) != 0) {
    throw std::runtime_error("TLS cannot be set up: OpenSSL refuses its own defaults");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

SslPtr TlsClient::begin(const std::string& host, int fd, SSL_SESSION* session) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl) throw std::bad_alloc();
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  if (not_an_address) {
    SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    SSL_set1_host(ssl.get(), host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
  }
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (session != nullptr) SSL_set_session(ssl.get(), session);
  SSL_set_fd(ssl.get(), fd);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

SslSessionPtr resumable_session(SSL* ssl) {
  SslSessionPtr session(SSL_get1_session(ssl));
  if (session && SSL_SESSION_is_resumable(session.get()) == 0) session.reset();
  return session;
}

}  // namespace keypool::gateway
