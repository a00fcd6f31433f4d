#pragma once

#include <span>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// A provider that zero-config looks for.
struct KnownProvider {
  std::string_view endpoint;  ///< `openai`
  std::string_view base_url;  ///< without a trailing slash
  Dialect dialect;
  std::string_view variable;  ///< `OPENAI_API_KEY`; empty: keyless, on this machine
};

/// Sources of the URLs: the providers' own SDKs and documentation, read 2026-11.
[[nodiscard]] std::span<const KnownProvider> known_providers() noexcept;

}  // namespace keypool::provider
