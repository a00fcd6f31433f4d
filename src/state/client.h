#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/secret.h>

#include "state/store.h"

namespace keypool::state {

/// Somebody who may call the gateway, and how much.
struct Client {
  std::string name;
  std::string token_hash = {};              ///< `sha256:` and 64 hexadecimal digits
  std::vector<std::string> endpoints = {};  ///< names, or `prefix*`; empty: all
  std::vector<std::string> models = {};     ///< likewise
  std::uint64_t rpm = 0;                    ///< calls per minute; 0: no bound, here and below
  std::uint64_t micro_usd_per_day = 0;
  std::uint64_t micro_usd_per_month = 0;
  std::uint64_t tokens_per_day = 0;
  std::uint64_t tokens_per_month = 0;
  WallTime created{};

  friend bool operator==(const Client&, const Client&) = default;
};

/// How many random bytes make a token: guessing one is hopeless, so its hash needs no salt.
inline constexpr std::size_t kTokenBytes = 32;

/// A token to hand to a client, of bytes drawn by a cryptographic generator: `kp_…`.
[[nodiscard]] Secret token_of(std::span<const unsigned char, kTokenBytes> random);

/// As it is kept: `sha256:…`.
[[nodiscard]] std::string hash_of_token(std::string_view token);

/// False when there is a client of this name.
[[nodiscard]] std::expected<bool, StoreError> add_client(Store& store, const Client& client);

/// False when there is none of this name.
[[nodiscard]] std::expected<bool, StoreError> remove_client(Store& store, std::string_view name);

/// By name.
[[nodiscard]] std::expected<std::vector<Client>, StoreError> load_clients(Store& store);

}  // namespace keypool::state
