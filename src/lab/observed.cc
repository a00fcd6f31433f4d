#include "lab/observed.h"

#include <array>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace keypool::lab {

std::string credential_hash(std::string_view credential) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(credential.data(), credential.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text.push_back(kHex[digest[i] >> 4]);
    text.push_back(kHex[digest[i] & 15]);
  }
  return text;
}

std::string to_json(const Observed& observed) {
  using json = nlohmann::ordered_json;
  json keys = json::array();
  for (const ObservedKey& key : observed.keys) {
    keys.push_back({{"name", key.name},
                    {"calls", key.calls},
                    {"served", key.served},
                    {"rate_limited", key.rate_limited},
                    {"faults", key.faults},
                    {"hung_up", key.hung_up},
                    {"input_tokens", key.input_tokens},
                    {"output_tokens", key.output_tokens},
                    {"in_flight", key.in_flight},
                    {"max_in_flight", key.max_in_flight}});
  }
  json unknown = json::array();
  for (const UnknownCredential& credential : observed.unknown_credentials) {
    unknown.push_back({{"sha256", credential.hash}, {"calls", credential.calls}});
  }
  const json all = {{"calls", observed.calls},
                    {"in_flight", observed.in_flight},
                    {"max_in_flight", observed.max_in_flight},
                    {"without_credential", observed.without_credential},
                    {"keys", std::move(keys)},
                    {"unknown_credentials", std::move(unknown)}};
  return all.dump(2) + "\n";
}

}  // namespace keypool::lab
