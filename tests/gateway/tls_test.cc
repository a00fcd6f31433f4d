// Upstreams behind TLS: trusted roots, the right name, and nothing else.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// A certificate that signs itself, for the names given as in a subjectAltName.
class Certificate {
 public:
  explicit Certificate(const std::string& names) : key_(EVP_EC_gen("P-256")), x509_(X509_new()) {
    X509_set_version(x509_.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509_.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509_.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509_.get()), 3600);
    X509_set_pubkey(x509_.get(), key_.get());
    X509_NAME* name = X509_get_subject_name(x509_.get());
    const auto* text = reinterpret_cast<const unsigned char*>("keypool test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x509_.get(), name);
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(x509_.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(x509_.get(), key_.get(), EVP_sha256());
  }

  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  [[nodiscard]] X509* x509() const { return x509_.get(); }

 private:
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> x509_;
};

// Makes this process trust one certificate, for as long as it lives.
class Trust {
 public:
  explicit Trust(const Certificate& certificate)
      : file_(std::filesystem::temp_directory_path() /
              ("keypool-tls-" + std::to_string(getpid()) + ".pem")) {
    FILE* out = std::fopen(file_.c_str(), "w");
    PEM_write_X509(out, certificate.x509());
    std::fclose(out);
    setenv("SSL_CERT_FILE", file_.c_str(), 1);
  }
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;
  ~Trust() {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(file_);
  }

 private:
  std::filesystem::path file_;
};

// For a thread of the test's own; the gateway must do so for its threads itself.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

// Serves TLS on each connection: answers every request with the body "secure", and notes what was
// agreed on.
class TlsUpstream {
 public:
  explicit TlsUpstream(const Certificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())), upstream_([this](Wire& wire) { serve(wire); }) {
    SSL_CTX_use_certificate(context_.get(), certificate.x509());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key());
    const unsigned char id[] = "keypool";
    SSL_CTX_set_session_id_context(context_.get(), id, sizeof id);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return upstream_.port(); }
  [[nodiscard]] int connections() const noexcept { return upstream_.connections(); }
  Notes names;                            ///< the server names asked for
  Notes requests;                         ///< heads
  Notes resumed;                          ///< "yes" or "no", by connection
  std::atomic<bool> closes{false};        ///< after each answer
  std::atomic<std::size_t> body_size{0};  ///< of the answer; 0: "secure"

 private:
  void serve(Wire& wire) {
    block_sigpipe();
    std::unique_ptr<SSL, Free> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), wire.descriptor());
    if (SSL_accept(ssl.get()) != 1) return;
    const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    names.add(name != nullptr ? name : "");
    resumed.add(SSL_session_reused(ssl.get()) == 1 ? "yes" : "no");
    std::string input;
    for (;;) {
      std::size_t head = 0;
      while ((head = input.find("\r\n\r\n")) == std::string::npos) {
        char bytes[16384];
        const int size = SSL_read(ssl.get(), bytes, sizeof bytes);
        if (size <= 0) return;
        input.append(bytes, static_cast<std::size_t>(size));
      }
      requests.add(input.substr(0, head));
      input.clear();
      const auto body = body_size == 0 ? std::string("secure") : std::string(body_size, 's');
      const auto answer = json_answer(200, body, closes ? "Connection: close\r\n" : "");
      if (SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size())) <= 0) return;
      if (closes) {
        SSL_shutdown(ssl.get());
        return;
      }
    }
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  ScriptedUpstream upstream_;
};

RunningGateway::Setup over_tls(std::string host) {
  return {.configure = [host = std::move(host)](config::Config& config) {
    config.endpoints.front().base_url.tls = true;
    config.endpoints.front().base_url.host = host;
    config.endpoints.front().attempts = 1;
  }};
}

const std::string kGet = "GET /openai/x HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Tls, ATrustedServerOfTheRightNameIsCalled) {
  const Certificate certificate("DNS:localhost");
  const Trust trust(certificate);
  TlsUpstream upstream(certificate);
  RunningGateway gateway(upstream.port(), over_tls("localhost"));
  auto client = gateway.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), 200);
    EXPECT_EQ(answer->body, "secure");
  }
  EXPECT_EQ(upstream.connections(), 1) << "the connection is kept";
  EXPECT_EQ(upstream.names.last(), "localhost");
  EXPECT_THAT(upstream.requests.last(), HasSubstr("authorization: Bearer sk-0"));
}

TEST(Tls, AnAddressMayStandInTheCertificate) {
  const Certificate certificate("IP:127.0.0.1");
  const Trust trust(certificate);
  TlsUpstream upstream(certificate);
  RunningGateway gateway(upstream.port(), over_tls("127.0.0.1"));

  EXPECT_EQ(gateway.call(kGet).body, "secure");
  EXPECT_EQ(upstream.names.last(), "") << "an address is no server name (RFC 6066 §3)";
}

TEST(Tls, AnotherNameIsRefusedBeforeAnythingIsSent) {
  const Certificate certificate("DNS:other.example");
  const Trust trust(certificate);
  TlsUpstream upstream(certificate);
  RunningGateway gateway(upstream.port(), over_tls("localhost"));

  const auto answer = gateway.call(kGet);

  EXPECT_EQ(answer.status(), 502);
  EXPECT_THAT(answer.body, HasSubstr("certificate refused"));
  EXPECT_EQ(upstream.requests.last(), "");
}

TEST(Tls, AnUnknownIssuerIsRefusedBeforeAnythingIsSent) {
  const Certificate known("DNS:localhost");
  const Certificate stranger("DNS:localhost");
  const Trust trust(known);
  TlsUpstream upstream(stranger);
  RunningGateway gateway(upstream.port(), over_tls("localhost"));

  const auto answer = gateway.call(kGet);

  EXPECT_EQ(answer.status(), 502);
  EXPECT_THAT(answer.body, HasSubstr("certificate refused"));
  EXPECT_EQ(upstream.requests.last(), "");
}

TEST(Tls, AServerWithoutTlsIs502) {
  ScriptedUpstream upstream([](Wire& wire) {
    wire.read_some();
    wire.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  RunningGateway gateway(upstream.port(), over_tls("localhost"));
  EXPECT_EQ(gateway.call(kGet).status(), 502);
}

TEST(Tls, ANewConnectionResumesTheSession) {
  const Certificate certificate("DNS:localhost");
  const Trust trust(certificate);
  TlsUpstream upstream(certificate);
  RunningGateway gateway(upstream.port(), over_tls("localhost"));
  auto client = gateway.connect();
  client.send(kGet);
  ASSERT_EQ(client.read()->body, "secure");
  upstream.closes = true;
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    ASSERT_EQ(client.read()->body, "secure");
  }
  EXPECT_EQ(upstream.resumed.all().front(), "no");
  EXPECT_EQ(upstream.resumed.last(), "yes");
}

TEST(Tls, LargeBodiesPassBothWays) {
  const Certificate certificate("DNS:localhost");
  const Trust trust(certificate);
  TlsUpstream upstream(certificate);
  upstream.body_size = 10'000'000;
  RunningGateway gateway(upstream.port(), over_tls("localhost"));

  const auto answer = gateway.call(kGet);

  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.body.size(), 10'000'000u);
}

TEST(Tls, AStreamCutWithoutGoodbyeIsBroken) {
  const Certificate certificate("DNS:localhost");
  const Trust trust(certificate);
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context.get(), certificate.x509());
  SSL_CTX_use_PrivateKey(context.get(), certificate.key());
  ScriptedUpstream upstream([&context](Wire& wire) {
    block_sigpipe();
    std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), wire.descriptor());
    char bytes[4096];
    if (SSL_accept(ssl.get()) != 1 || SSL_read(ssl.get(), bytes, sizeof bytes) <= 0) return;
    // Until the connection ends: who cuts the wire could make it look whole.
    const std::string answer = "HTTP/1.1 200 OK\r\n\r\nhalf";
    SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
  });
  RunningGateway gateway(upstream.port(), over_tls("localhost"));

  const auto answer = gateway.call(kGet);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_FALSE(answer.whole);
}

}  // namespace
}  // namespace keypool::gateway::testing
