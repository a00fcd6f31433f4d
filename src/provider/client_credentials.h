#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <keypool/secret.h>

#include "http/header.h"

namespace keypool::provider {

/// What a client sent to say who it is, in any of the places SDKs put it: `Authorization: Bearer`,
/// `x-api-key`, `api-key`, `x-goog-api-key`, `?key=` and `?api-key=`, percent-encoded or not, and
/// the subprotocol `openai-insecure-api-key.…` by which a browser opens OpenAI's WebSockets, which
/// can send no header of its own (OpenAI docs, Realtime with WebSockets, read 2026-11). One of each
/// at most. Several may be there: some tools always send a placeholder of their own as well.
///
/// Lifetime: views into the request, and into this.
class ClientCredentials {
 public:
  ClientCredentials(http::Headers headers, std::string_view target);
  ClientCredentials(const ClientCredentials&) = delete;
  ClientCredentials& operator=(const ClientCredentials&) = delete;

  /// None is empty.
  [[nodiscard]] std::span<const std::string_view> all() const noexcept {
    return std::span(found_).first(count_);
  }

 private:
  void add(std::string_view credential) noexcept;
  void add_from_query(std::string_view target);

  std::array<std::string_view, 6> found_;
  std::size_t count_ = 0;
  Secret decoded_;
};

/// Whether a parameter of a query (`key=…`) carries a credential: `key`, which Gemini's SDKs use,
/// and `api-key`, which Azure's do. Names are compared with their percent-encoding taken off.
[[nodiscard]] bool names_credential(std::string_view query_field);

}  // namespace keypool::provider
