#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keypool::lab {

/// What the provider saw of one key.
struct ObservedKey {
  std::string name;
  std::uint64_t calls = 0;         ///< all that named it, whatever became of them
  std::uint64_t served = 0;        ///< answered well, to the end
  std::uint64_t rate_limited = 0;  ///< answered 429 because a limit was reached
  std::uint64_t faults = 0;        ///< spoiled by a scripted fault
  std::uint64_t hung_up = 0;       ///< the caller left before the end
  std::uint64_t input_tokens = 0;  ///< of the calls it served, as it told them
  std::uint64_t output_tokens = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t max_in_flight = 0;
};

/// A credential that was none of the provider's keys: never kept, only its hash.
struct UnknownCredential {
  std::string hash;  ///< `credential_hash` of it
  std::uint64_t calls = 0;
};

/// What the provider saw so far.
struct Observed {
  std::uint64_t calls = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t max_in_flight = 0;
  std::uint64_t without_credential = 0;  ///< calls that carried none
  std::vector<ObservedKey> keys;         ///< in the scenario's order
  std::vector<UnknownCredential> unknown_credentials;
};

/// How Observed names a credential: SHA-256 in hexadecimal.
[[nodiscard]] std::string credential_hash(std::string_view credential);

/// The same as JSON, for `GET /lab/observed`.
[[nodiscard]] std::string to_json(const Observed& observed);

}  // namespace keypool::lab
