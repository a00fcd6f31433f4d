#include "state/client.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace keypool::state {
namespace {

constexpr std::string_view kTokenPrefix = "kp_";
constexpr std::string_view kHashPrefix = "sha256:";

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

bool is_client_name(std::string_view text) noexcept {
  constexpr std::size_t kMost = 100;
  static constexpr std::string_view kOther = "._~@+-";
  return !text.empty() && text.size() <= kMost && is_alphanumeric(text.front()) &&
         std::ranges::all_of(
             text, [](char c) { return is_alphanumeric(c) || kOther.find(c) != kOther.npos; });
}

bool is_name_pattern(std::string_view text) noexcept {
  constexpr std::size_t kMost = 256;
  if (text.empty() || text.size() > kMost || text.find('*') < text.size() - 1) return false;
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F;
  });
}

Secret token_of(std::span<const unsigned char, kTokenBytes> random) {
  // The alphabet of base64url, without padding: 6 bits a character.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token(kTokenPrefix);
  token.reserve(kTokenPrefix.size() + (kTokenBytes * 8 + 5) / 6);
  unsigned bits = 0;
  unsigned held = 0;
  for (const unsigned char byte : random) {
    bits = (bits << 8 | byte) & 0xFFFF;
    for (held += 8; held >= 6; held -= 6) token += kAlphabet[bits >> (held - 6) & 0x3F];
  }
  if (held > 0) token += kAlphabet[bits << (6 - held) & 0x3F];
  return Secret(std::move(token));
}

TokenDigest digest_of_token(std::string_view token) noexcept {
  static_assert(std::tuple_size_v<TokenDigest> == SHA256_DIGEST_LENGTH);
  TokenDigest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

bool same_digest(const TokenDigest& a, const TokenDigest& b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_of_token(std::string_view token) {
  return fmt::format("{}{:02x}", kHashPrefix, fmt::join(digest_of_token(token), ""));
}

std::optional<TokenDigest> parse_token_hash(std::string_view hash) noexcept {
  if (!hash.starts_with(kHashPrefix)) return std::nullopt;
  hash.remove_prefix(kHashPrefix.size());
  TokenDigest digest{};
  if (hash.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t at = 0; at < digest.size(); ++at) {
    const auto high = hex_digit(hash[at * 2]);
    const auto low = hex_digit(hash[at * 2 + 1]);
    if (!high || !low) return std::nullopt;
    digest[at] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return digest;
}

}  // namespace keypool::state
