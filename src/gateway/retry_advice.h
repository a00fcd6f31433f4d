#pragma once

#include <chrono>
#include <optional>

#include "gateway/attempts.h"
#include "provider/verdict.h"

namespace keypool::gateway {

/// What a client's own retry would do, as it stands in the headers that the official SDKs go by:
/// `x-should-retry` decides whatever the status, `retry-after` says when. Their retries come on top
/// of the gateway's, so that an answer the gateway has tried hard to better should end the matter.
struct RetryAdvice {
  std::optional<bool> should_retry = std::nullopt;
  std::optional<std::chrono::milliseconds> after = std::nullopt;
};

/// SDKs take no longer advice (Anthropic's ignores more than 60 s).
inline constexpr std::chrono::milliseconds kLongestAdvice{60'000};

/// Whether a client that waits no longer than SDKs do would find what it waits for.
[[nodiscard]] inline bool worth_coming_back(
    const std::optional<std::chrono::milliseconds>& opens) noexcept {
  return opens && *opens <= kLongestAdvice;
}

/// How the tries ended whose last answer goes to the client.
struct TriesEnd {
  bool once_only = false;  ///< part of the request is gone: only the client can send it again
  bool exhausted = false;  ///< every try was used that may fail for reasons not the key's
  std::optional<std::chrono::milliseconds> opens =
      std::nullopt;  ///< the first key, as the pool says
};

/// For an answer of the provider's. Nothing: its own headers stand, as the gateway has not tried to
/// better it, or SDKs do not try such a status again.
[[nodiscard]] std::optional<RetryAdvice> advice_on(int status, const provider::Verdict& verdict,
                                                   const TriesEnd& end) noexcept;

}  // namespace keypool::gateway
