#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/header.h"

namespace keypool::provider {

/// How one provider family speaks. Spelled in the configuration as here.
enum class Dialect { openai, anthropic, gemini, azure_openai, generic };

[[nodiscard]] std::string_view to_string(Dialect dialect) noexcept;
[[nodiscard]] std::optional<Dialect> dialect_from(std::string_view name) noexcept;

/// Where the key goes in an upstream request: `header: prefix + secret`.
struct CredentialPlace {
  std::string_view header;
  std::string_view prefix;
};

/// `target` matters where one provider wants its key in different places: Gemini's
/// OpenAI-compatible paths take it as a Bearer only.
[[nodiscard]] CredentialPlace credential_place(Dialect dialect,
                                               std::string_view target = {}) noexcept;

/// Whether a request header of the client's stays behind: credentials and account scoping
/// (`openai-organization`, `openai-project`), cookies, `origin`, `referer`, hop-by-hop headers,
/// `host`, and what the gateway itself speaks (`x-keypool-*`). The body's framing is the sender's
/// business.
[[nodiscard]] bool stays_behind(std::string_view request_header_name) noexcept;

/// Whether an answer's header is kept from the client: hop-by-hop, cookies, the names of the
/// organization behind the key, and its limits (`describes_limits`): they are one hidden key's.
[[nodiscard]] bool kept_from_client(std::string_view answer_header_name) noexcept;

/// Whether an answer's header tells a limit, what remains of it, or when it is full again. The wait
/// until the next try (`retry-after`) is not among them.
[[nodiscard]] bool describes_limits(std::string_view answer_header_name) noexcept;

/// Whether an answer's header holds an address that the client is expected to go to next:
/// `location`, Gemini's `x-goog-upload-url`, Azure's `operation-location`.
[[nodiscard]] bool is_address(std::string_view answer_header_name) noexcept;

/// The query parameter that carries a credential, name and value as they stand in the target;
/// empty: there is none.
[[nodiscard]] std::string_view query_credential(std::string_view target);

/// The target without the query parameters that carry a credential (`names_credential`, and Azure's
/// `Authorization`).
[[nodiscard]] std::string without_query_credential(std::string_view target);

}  // namespace keypool::provider
