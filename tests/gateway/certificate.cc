#include "tests/gateway/certificate.h"

#include <csignal>
#include <cstdio>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <unistd.h>

namespace keypool::gateway::testing {

Certificate::Certificate(const std::string& names, const Certificate* issuer)
    : key_(EVP_EC_gen("P-256")), x509_(X509_new()) {
  static long serial = 0;
  X509_set_version(x509_.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509_.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509_.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509_.get()), 3600);
  X509_set_pubkey(x509_.get(), key_.get());
  X509_NAME* name = X509_get_subject_name(x509_.get());
  const auto text = "keypool test " + std::to_string(serial);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509_.get(),
                       issuer != nullptr ? X509_get_subject_name(issuer->x509()) : name);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(x509_.get(), extension, -1);
  X509_EXTENSION_free(extension);
  if (issuer == nullptr) {
    X509_EXTENSION* may_sign =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(x509_.get(), may_sign, -1);
    X509_EXTENSION_free(may_sign);
  }
  X509_sign(x509_.get(), issuer != nullptr ? issuer->key() : key_.get(), EVP_sha256());
}

void Certificate::write(const std::filesystem::path& file) const {
  FILE* out = std::fopen(file.c_str(), "w");
  PEM_write_X509(out, x509_.get());
  std::fclose(out);
}

void Certificate::write_key(const std::filesystem::path& file) const {
  FILE* out = std::fopen(file.c_str(), "w");
  PEM_write_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
}

TemporaryFile::TemporaryFile() {
  auto pattern = (std::filesystem::temp_directory_path() / "keypool-test-XXXXXX").string();
  ::close(::mkstemp(pattern.data()));
  path_ = pattern;
}

void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

}  // namespace keypool::gateway::testing
