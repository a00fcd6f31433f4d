// Clients that speak TLS with the gateway.
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "gateway/tls.h"
#include "tests/gateway/certificate.h"
#include "tests/gateway/running_gateway.h"
#include "tests/gateway/scripted_upstream.h"

namespace keypool::gateway::testing {
namespace {

using ::testing::HasSubstr;

const std::string kGet = "GET /openai/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// The gateway's files, and a gateway that reads them.
class TlsListener : public ::testing::Test {
 protected:
  TlsListener() {
    certificate_.write(certificate_file_.path());
    certificate_.write_key(key_file_.path());
    files_ = {certificate_file_.path(), key_file_.path(), {}};
  }

  RunningGateway start() {
    return RunningGateway(upstream_.port(), {.configure = [this](config::Config& config) {
                            config.listen_tls = files_;
                          }});
  }

  Certificate certificate_{"DNS:localhost"};
  TemporaryFile certificate_file_;
  TemporaryFile key_file_;
  config::ListenTls files_;
  ScriptedUpstream upstream_{always(json_answer(200, "secure"))};
};

struct Caller {
  int newest = TLS1_3_VERSION;
  const Certificate* own = nullptr;
  std::string protocols = {};  // as ALPN offers them
};

// What comes of one call over TLS: the answer, or nothing where no handshake does.
struct Called {
  std::string answer;
  std::string version;
  std::string protocol;
};

Called call(std::uint16_t port, const Certificate& trusted, const Caller& caller = {}) {
  block_sigpipe();
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), trusted.x509());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), caller.newest);
  if (caller.own != nullptr) {
    SSL_CTX_use_certificate(context.get(), caller.own->x509());
    SSL_CTX_use_PrivateKey(context.get(), caller.own->key());
  }
  if (!caller.protocols.empty()) {
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(caller.protocols.data()),
                            static_cast<unsigned>(caller.protocols.size()));
  }
  auto wire = Wire::to(port);
  std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), wire.descriptor());
  SSL_set1_host(ssl.get(), "localhost");
  Called called;
  if (SSL_connect(ssl.get()) != 1) return called;
  SSL_write(ssl.get(), kGet.data(), static_cast<int>(kGet.size()));
  char bytes[4096];
  for (int size = 0; (size = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;) {
    called.answer.append(bytes, static_cast<std::size_t>(size));
  }
  called.version = SSL_get_version(ssl.get());
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl.get(), &protocol, &size);
  called.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  return called;
}

TEST_F(TlsListener, ServesCallsOverTls) {
  auto gateway = start();
  const auto called = call(gateway.port(), certificate_);
  EXPECT_THAT(called.answer, HasSubstr("secure"));
  EXPECT_EQ(called.version, "TLSv1.3");
}

TEST_F(TlsListener, SpeaksTls12AndNothingOlder) {
  auto gateway = start();
  EXPECT_THAT(call(gateway.port(), certificate_, {.newest = TLS1_2_VERSION}).answer,
              HasSubstr("secure"));
  EXPECT_EQ(call(gateway.port(), certificate_, {.newest = TLS1_1_VERSION}).answer, "");
}

TEST_F(TlsListener, SpeaksHttp11AndNothingElse) {
  auto gateway = start();
  const std::string both = "\x02h2\x08http/1.1";
  EXPECT_EQ(call(gateway.port(), certificate_, {.protocols = both}).protocol, "http/1.1");
  EXPECT_EQ(call(gateway.port(), certificate_, {.protocols = "\x02h2"}).answer, "");
}

TEST_F(TlsListener, PlainBytesEndTheConnection) {
  auto gateway = start();
  auto wire = gateway.connect();
  wire.send(kGet);
  EXPECT_NE(wire.wait_for_end(), Wire::End::open);
  EXPECT_EQ(upstream_.connections(), 0);
}

TEST_F(TlsListener, AClientWithoutTheCertificateAskedForIsNotServed) {
  const Certificate authority("DNS:authority");
  const Certificate client("DNS:client", &authority);
  const Certificate stranger("DNS:client");
  const TemporaryFile authority_file;
  authority.write(authority_file.path());
  files_.client_ca = authority_file.path();
  auto gateway = start();

  EXPECT_THAT(call(gateway.port(), certificate_, {.own = &client}).answer, HasSubstr("secure"));
  EXPECT_EQ(call(gateway.port(), certificate_).answer, "");
  EXPECT_EQ(call(gateway.port(), certificate_, {.own = &stranger}).answer, "");
  EXPECT_EQ(upstream_.connections(), 1);
}

TEST_F(TlsListener, ACertificateThatCannotBeUsedIsAnErrorAtTheStart) {
  const struct {
    const char* what;
    config::ListenTls files;
    std::string named;
  } rows[] = {
      {"no such certificate", {"/nowhere/c.pem", key_file_.path(), {}}, "/nowhere/c.pem"},
      {"no such key", {certificate_file_.path(), "/nowhere/k.pem", {}}, "/nowhere/k.pem"},
      {"no key in it",
       {certificate_file_.path(), certificate_file_.path(), {}},
       certificate_file_.path().string()},
      {"no such authority",
       {certificate_file_.path(), key_file_.path(), "/nowhere/a.pem"},
       "/nowhere/a.pem"},
  };
  for (const auto& row : rows) {
    try {
      const TlsServer server(row.files);
      ADD_FAILURE() << row.what;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.named)) << row.what;
    }
  }
}

TEST_F(TlsListener, AKeyOfAnotherCertificateIsRefused) {
  Certificate("DNS:other").write_key(key_file_.path());
  EXPECT_THROW(TlsServer{files_}, std::runtime_error);
}

// What a server shows to a client that shakes hands with it.
std::string shown_by(const TlsServer& server) {
  block_sigpipe();
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const Wire one(ends[0]);
  const Wire other(ends[1]);
  std::thread serving([&server, fd = ends[0]] {
    block_sigpipe();
    SSL_do_handshake(server.begin(fd).get());
  });
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), ends[1]);
  SSL_connect(ssl.get());
  serving.join();
  std::unique_ptr<X509, Free> shown(SSL_get1_peer_certificate(ssl.get()));
  char name[128] = "";
  if (shown)
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, 128);
  return name;
}

TEST_F(TlsListener, ACertificateThatIsRenewedIsReadAgain) {
  TlsServer server(files_);
  const auto old = shown_by(server);
  EXPECT_EQ(server.refresh(), false) << "nothing has changed";

  const Certificate renewed("DNS:localhost, DNS:a.somewhat.longer.name");
  renewed.write(certificate_file_.path());
  renewed.write_key(key_file_.path());
  EXPECT_EQ(server.refresh(), true);

  EXPECT_NE(shown_by(server), old);
}

TEST_F(TlsListener, ACertificateThatCannotBeReadAgainLeavesTheOldOneInForce) {
  TlsServer server(files_);
  const auto old = shown_by(server);
  std::filesystem::resize_file(certificate_file_.path(), 10);

  const auto refreshed = server.refresh();

  ASSERT_FALSE(refreshed);
  EXPECT_THAT(refreshed.error(), HasSubstr(certificate_file_.path().string()));
  EXPECT_EQ(shown_by(server), old);
  EXPECT_EQ(server.refresh(), false) << "it is said once";
}

}  // namespace
}  // namespace keypool::gateway::testing
