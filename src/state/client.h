#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/secret.h>

namespace keypool::state {

/// Somebody who may call the gateway, and how much.
struct Client {
  std::string name;
  std::string token_hash = {};  ///< `sha256:` and 64 hexadecimal digits; empty: no token fits
  std::vector<std::string> endpoints = {};  ///< names, or `prefix*`; empty: all
  std::vector<std::string> models = {};     ///< likewise
  std::uint64_t rpm = 0;                    ///< calls per minute; 0: no bound, here and below
  std::uint64_t micro_usd_per_day = 0;
  std::uint64_t micro_usd_per_month = 0;
  std::uint64_t tokens_per_day = 0;
  std::uint64_t tokens_per_month = 0;
  WallTime created{};

  [[nodiscard]] bool revoked() const noexcept { return token_hash.empty(); }

  friend bool operator==(const Client&, const Client&) = default;
};

/// Letters, digits and `._~@+-`, beginning with a letter or digit, at most 100: what stands as it
/// is in a log, a page, a table and a shell.
[[nodiscard]] bool is_client_name(std::string_view text) noexcept;

/// `gpt-4.1`, `gpt-*`, `*`: printable, with a `*` at its end only, at most 256 bytes.
[[nodiscard]] bool is_name_pattern(std::string_view text) noexcept;

/// How many random bytes make a token: guessing one is hopeless, so its hash needs no salt.
inline constexpr std::size_t kTokenBytes = 32;

/// A token to hand to a client, of bytes drawn by a cryptographic generator: `kp_…`.
[[nodiscard]] Secret token_of(std::span<const unsigned char, kTokenBytes> random);

/// What is kept of a token.
using TokenDigest = std::array<unsigned char, 32>;

[[nodiscard]] TokenDigest digest_of_token(std::string_view token) noexcept;

/// Takes as long for any two, however alike they are.
[[nodiscard]] bool same_digest(const TokenDigest& a, const TokenDigest& b) noexcept;

/// A digest as it is written down: `sha256:…`.
[[nodiscard]] std::string hash_of_token(std::string_view token);

/// What `hash` writes down; nothing when it is no `sha256:` with 64 hexadecimal digits.
[[nodiscard]] std::optional<TokenDigest> parse_token_hash(std::string_view hash) noexcept;

}  // namespace keypool::state
