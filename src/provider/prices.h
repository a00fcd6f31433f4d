#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <keypool/clock.h>

#include "provider/usage.h"

namespace keypool::provider {

/// What a model's tokens cost, in micro-USD per million tokens: $2.50 is 2'500'000. What is not
/// given is priced as what it is a part of.
struct Price {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::optional<std::uint64_t> cached_input = {};
  std::optional<std::uint64_t> cache_write = {};     ///< short-lived
  std::optional<std::uint64_t> cache_write_1h = {};  ///< else as cache_write
  std::optional<std::uint64_t> audio_input = {};
  std::optional<std::uint64_t> audio_output = {};
  std::uint64_t per_request = 0;  ///< micro-USD a call

  friend bool operator==(const Price&, const Price&) = default;
};

/// A price that the configuration gives. It comes before the built-in ones.
struct ModelPrice {
  std::string model;  ///< whole, or its beginning with a `*` behind it: `gpt-4.1*`
  Price price;

  friend bool operator==(const ModelPrice&, const ModelPrice&) = default;
};

/// Who was asked, and when: one model's name may have different prices at different hosts, and
/// prices change by date and by time of day.
struct Asked {
  std::string_view host;
  std::string_view model;
  WallTime when;
};

/// The cost of one call, rounded to the nearest micro-USD; nothing for a model without a known
/// price, which is not the same as free.
///
/// A built-in price holds for the model's name and for its versions: behind the name may stand a
/// date or number (`gpt-4o-2024-08-06`, `gemini-2.5-pro-002`), `-latest`, `-preview…`. Names may
/// carry a vendor (`anthropic/claude-…`, `models/gemini-…`, `us.anthropic.claude-…`). Of several
/// that fit, the most specific counts. Where reasoning, images and tools have no price of their own
/// they cost what plain input and output do.
[[nodiscard]] std::optional<std::uint64_t> cost_micro_usd(
    const Asked& asked, const Usage& usage, std::span<const ModelPrice> overrides = {}) noexcept;

/// Where the built-in prices come from, and of which day they are, for the operator to see.
[[nodiscard]] std::string_view prices_source() noexcept;

}  // namespace keypool::provider
