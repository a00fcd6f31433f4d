#pragma once

#include <optional>
#include <span>

#include <keypool/limits.h>

namespace keypool::provider {

struct ErrorFacts;

/// Which limit a refusal for a limit's sake means: by Google's quota ids, of several the one that
/// lasts longest; by the period and the thing counted that its text names ("on tokens per min
/// (TPM)", "input tokens per minute", "20 API calls / minute"); else by the only limit of which the
/// answer's headers say that nothing remains. The error's type (`requests`, `tokens`) comes before
/// the text's word for what is counted.
[[nodiscard]] std::optional<Dimension> named_limit(const ErrorFacts& facts,
                                                   std::span<const LimitNotice> notices) noexcept;

}  // namespace keypool::provider
