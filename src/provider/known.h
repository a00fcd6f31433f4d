#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// When an OpenAI-compatible provider tells the usage of a stream.
enum class StreamUsage : std::uint8_t {
  when_asked,  ///< with `stream_options.include_usage`
  unasked,     ///< always, or it refuses calls that ask; either way, asking is no use
};

/// A provider that zero-config looks for.
///
/// `base_url` is what stands before `/v1/…`: a program that speaks OpenAI's API is pointed at
/// `http://127.0.0.1:8080/{endpoint}/v1` for every one of them, and `/v1/…` without an endpoint can
/// be routed to any. Where a provider's own SDK has paths of another form (Gemini's `/v1beta`,
/// Cohere's `/v2`), `base_url` is the bare host and the SDK is pointed at
/// `http://127.0.0.1:8080/{endpoint}`; their OpenAI-compatible paths are then
/// `/gemini/v1beta/openai` and `/cohere/compatibility/v1`.
///
/// Adding an OpenAI-compatible provider is adding a row. One whose users know two variables has
/// two.
struct KnownProvider {
  std::string_view endpoint;  ///< `openai`
  std::string_view base_url;  ///< without a trailing slash
  Dialect dialect = Dialect::openai;
  std::string_view variable = {};  ///< `OPENAI_API_KEY`; empty: keyless, on this machine
  StreamUsage stream_usage = StreamUsage::when_asked;
};

/// Sources of the URLs and variables: the providers' own SDKs and documentation, read 2026-11.
///
/// Of the keyless ones, llama.cpp's usual port is also keypool's own: whoever looks for servers
/// must pass over the address that keypool itself listens on.
[[nodiscard]] std::span<const KnownProvider> known_providers() noexcept;

/// The provider at a host, also at its regional hosts (`api.eu.mistral.ai`); null when unknown.
[[nodiscard]] const KnownProvider* known_provider_at(std::string_view host) noexcept;

}  // namespace keypool::provider
