#pragma once

#include <string>

#include "tests/cli/program.h"
#include "tests/secrets/temporary_folder.h"

namespace keypool::test {

/// `openssl s_server`, which answers every GET with a page: a server with a certificate of the
/// test's own, for `names` as in a subjectAltName.
class OpensslServer {
 public:
  explicit OpensslServer(const std::string& names)
      : made_({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "1", "-subj", "/CN=keypool test", "-addext",
               "subjectAltName=" + names, "-keyout", key(), "-out", certificate()},
              environment()),
        made_code_(made_.wait()),
        server_({"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate(), "-key",
                 key(), "-www"},
                environment()),
        port_(std::stoi(server_.wait_for("ACCEPT 127\\.0\\.0\\.1:(\\d+)"))) {}

  [[nodiscard]] std::string certificate() const { return (folder_.path() / "tls.pem").string(); }
  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  [[nodiscard]] std::string key() const { return (folder_.path() / "tls.key").string(); }
  [[nodiscard]] Program::Environment environment() const {
    return {{"HOME", folder_.path().string()}, {"PATH", "/usr/bin:/bin"}};
  }

  TemporaryFolder folder_;
  Program made_;
  int made_code_;
  Program server_;
  int port_;
};

}  // namespace keypool::test
