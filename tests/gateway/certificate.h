#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace keypool::gateway::testing {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// A certificate for the names given as in a subjectAltName, with its key. Good from an hour ago
/// for another hour.
class Certificate {
 public:
  /// Signed by `issuer`, or by itself.
  explicit Certificate(const std::string& names, const Certificate* issuer = nullptr);

  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  [[nodiscard]] X509* x509() const { return x509_.get(); }

  void write(const std::filesystem::path& file) const;
  void write_key(const std::filesystem::path& file) const;

 private:
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> x509_;
};

/// A name for a file that is removed in the end.
class TemporaryFile {
 public:
  TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// For a thread of the test's own that uses OpenSSL; the gateway must do so for its own threads.
void block_sigpipe();

}  // namespace keypool::gateway::testing
