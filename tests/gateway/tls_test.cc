// Upstreams behind TLS: trusted roots, the right name, and nothing else.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "tests/gateway/certificate.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

// Makes this process trust one certificate, for as long as it lives.
class Trust {
 public:
  explicit Trust(const Certificate& certificate)
      : file_(std::filesystem::temp_directory_path() /
              ("keypool-tls-" + std::to_string(getpid()) + ".pem")) {
    certificate.write(file_);
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

TEST(Tls, AnEndpointMayHaveAnAuthorityOfItsOwn) {
  const Certificate authority("DNS:localhost");
  const Certificate stranger("DNS:localhost");
  const TemporaryFile file;
  authority.write(file.path());
  const auto trusting = [&file](config::Config& config) {
    config.endpoints.front().base_url.tls = true;
    config.endpoints.front().base_url.host = "localhost";
    config.endpoints.front().ca = file.path();
    config.endpoints.front().attempts = 1;
  };
  TlsUpstream known(authority);
  TlsUpstream unknown(stranger);

  EXPECT_EQ(RunningGateway(known.port(), {.configure = trusting}).call(kGet).body, "secure");
  EXPECT_EQ(RunningGateway(unknown.port(), {.configure = trusting}).call(kGet).status(), 502);
  EXPECT_EQ(unknown.requests.last(), "");
}

TEST(Tls, AnAuthorityThatCannotBeReadIsAnErrorAtTheStart) {
  const auto missing = [](config::Config& config) {
    config.endpoints.front().base_url.tls = true;
    config.endpoints.front().ca = "/nowhere/ca.pem";
  };
  try {
    RunningGateway gateway(1, {.configure = missing});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/ca.pem"));
  }
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
