#include "gateway/tls.h"

#include <stdexcept>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace keypool::gateway {
namespace {

constexpr unsigned char kHttp11[] = "\x08http/1.1";
constexpr unsigned char kSessions[] = "keypool";

// What OpenSSL says about its last error.
std::string reason() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text != nullptr ? text : "it holds nothing of use";
}

[[noreturn]] void cannot_use(const std::filesystem::path& file) {
  throw std::runtime_error(fmt::format("{} cannot be used for TLS: {}", file.string(), reason()));
}

// What both sides have in common.
SslContextPtr new_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    throw std::runtime_error("TLS cannot be set up: OpenSSL refuses its own defaults");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

// Nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

int choose_http11(SSL*, const unsigned char** chosen, unsigned char* size,
                  const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* out = nullptr;
  const int result =
      SSL_select_next_proto(&out, size, kHttp11, sizeof kHttp11 - 1, offered, offered_size);
  *chosen = out;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SslContextPtr server_context(const config::ListenTls& files) {
  auto made = new_context(TLS_server_method());
  SSL_CTX* context = made.get();
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    cannot_use(files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    cannot_use(files.key);
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_http11, nullptr);
  if (!files.client_ca.empty()) {
    if (SSL_CTX_load_verify_file(context, files.client_ca.c_str()) != 1) {
      cannot_use(files.client_ca);
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.client_ca.c_str()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return made;
}

}  // namespace

TlsClient::TlsClient(const std::filesystem::path& ca) : context_(new_context(TLS_client_method())) {
  ERR_clear_error();
  if (ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(context_.get()) != 1) {
      throw std::runtime_error("TLS cannot be set up: this machine's authorities cannot be read");
    }
  } else if (SSL_CTX_load_verify_file(context_.get(), ca.c_str()) != 1) {
    cannot_use(ca);
  }
  SSL_CTX_set_alpn_protos(context_.get(), kHttp11, sizeof kHttp11 - 1);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
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

TlsServer::TlsServer(config::ListenTls files)
    : files_(std::move(files)), read_(stamps()), context_(server_context(files_)) {}

SslPtr TlsServer::begin(int fd) const {
  const std::lock_guard lock(mutex_);
  SslPtr ssl(SSL_new(context_.get()));
  if (!ssl) throw std::bad_alloc();
  SSL_set_fd(ssl.get(), fd);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

std::expected<bool, std::string> TlsServer::refresh() {
  auto now = stamps();
  if (now == read_) return false;
  read_ = std::move(now);
  try {
    auto renewed = server_context(files_);
    const std::lock_guard lock(mutex_);
    context_ = std::move(renewed);
    return true;
  } catch (const std::runtime_error& error) {
    return std::unexpected(error.what());
  }
}

std::vector<TlsServer::Stamp> TlsServer::stamps() const {
  std::vector<Stamp> stamps;
  for (const auto* file : {&files_.certificate, &files_.key, &files_.client_ca}) {
    std::error_code missing;
    stamps.push_back({std::filesystem::last_write_time(*file, missing),
                      std::filesystem::file_size(*file, missing)});
  }
  return stamps;
}

SslSessionPtr resumable_session(SSL* ssl) {
  SslSessionPtr session(SSL_get1_session(ssl));
  if (session && SSL_SESSION_is_resumable(session.get()) == 0) session.reset();
  return session;
}

}  // namespace keypool::gateway
