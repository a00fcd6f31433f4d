#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <keypool/limits.h>

#include "http/header.h"
#include "provider/dialect.h"

namespace keypool::provider {

/// What an answer's headers say about the lane it was asked on, and whose it is. Holds views into
/// the headers it was read from.
class ToldLimits {
 public:
  /// At most one a dimension.
  [[nodiscard]] std::span<const LimitNotice> notices() const noexcept {
    return {notices_.data(), count_};
  }

  /// The organization that the key belongs to; empty: not told.
  std::string_view account;

  /// A dimension told twice keeps the notice that leaves less.
  void add_tighter(const LimitNotice& notice) noexcept;

  /// A dimension told twice keeps the notice that leaves more.
  void add_wider(const LimitNotice& notice) noexcept;

 private:
  [[nodiscard]] LimitNotice* find(Dimension dimension) noexcept;

  std::array<LimitNotice, kDimensions> notices_{};
  std::size_t count_ = 0;
};

/// Reads the limit headers of every provider that sends some: OpenAI, Azure, Groq, xAI, Mistral,
/// Cerebras, Fireworks, Together, OpenRouter, Cohere, Anthropic. Their names tell them apart; where
/// two providers mean different things by one name, the form of the reset does:
///
/// - `…-requests` is a minute's limit at OpenAI and a day's at Groq. Both refill steadily and tell
///   how long until full, so that what is missing and how long it takes give the period.
/// - `x-ratelimit-limit` counts requests a second at Together, which sends `x-tokenlimit-…` beside
///   it, and a minute's or a day's at OpenRouter, whose reset is a moment in Unix milliseconds.
///   Anyone else's is passed over.
///
/// Limits of hours and months have no dimension here and are passed over, so are values that are no
/// numbers, and what is negative: Azure's remainder may be while it serves, and -1 is unknown.
/// A limit of 0 is passed over as well: on a refusal it is the verdict that counts (no access to
/// the model), and an answer that served was not forbidden by it. Anthropic's priority tier falls
/// back to the standard one, so that the wider of both counts.
///
/// Allocates nothing. Sources: the providers' documentation and captured answers, read 2026-11.
[[nodiscard]] ToldLimits read_limit_headers(Dialect dialect, http::Headers headers) noexcept;

}  // namespace keypool::provider
