#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "provider/dialect.h"
#include "provider/sticky.h"

namespace keypool::provider {

/// Tokens of one call, as the provider counted them or as estimated.
///
/// The parts are apart because they are priced apart: what is in none of them is plain input, or
/// plain output. Providers that count otherwise are converted: Anthropic's `input_tokens` leaves
/// cached input out, Gemini's candidates and xAI's completion tokens leave reasoning out.
struct Usage {
  std::uint64_t input_tokens = 0;   ///< cached input included; 0 when the provider did not say
  std::uint64_t cached_tokens = 0;  ///< part of input_tokens: read from a prompt cache
  std::uint64_t output_tokens = 0;  ///< reasoning included
  bool reported = false;            ///< false: estimated, the provider's count was not seen

  std::uint64_t cache_write_tokens = 0;  ///< part of input_tokens: written to a cache, short-lived
  std::uint64_t cache_write_1h_tokens =
      0;                                  ///< part of input_tokens: written to a cache for an hour
  std::uint64_t audio_input_tokens = 0;   ///< part of input_tokens
  std::uint64_t audio_output_tokens = 0;  ///< part of output_tokens
  std::uint64_t reasoning_tokens = 0;     ///< part of output_tokens
  std::uint64_t image_input_tokens = 0;   ///< part of input_tokens
  std::uint64_t image_output_tokens = 0;  ///< part of output_tokens
  std::uint64_t tool_input_tokens = 0;    ///< part of input_tokens: what the provider's tools read

  /// Adds another call's; the sum is reported where both are.
  Usage& operator+=(const Usage& other) noexcept;

  friend bool operator==(const Usage&, const Usage&) = default;
};

/// The most memory one tap takes; without a content encoding it is below 2 KiB.
inline constexpr std::size_t kTapBytes = 64 * 1024;

/// Watches an answer's body go by and finds the usage in it, in JSON, SSE or NDJSON. It sees the
/// body without its transfer coding in pieces of any size (content codings it takes off itself),
/// changes nothing, and gives an estimate from the size of the text where no usage was seen.
///
/// The estimate counts what was generated, a token for every three bytes: it errs high, so that
/// hanging up before the usage comes is no way around a budget. It knows nothing of the input:
/// where `reported` is false and `input_tokens` 0, the request's own estimate stands.
///
/// Memory: bounded (kTapBytes) whatever the answer's size.
class UsageTap {
 public:
  virtual ~UsageTap() = default;
  virtual void feed(std::string_view piece) = 0;
  [[nodiscard]] virtual Usage finish() = 0;

  /// Ids seen so far of things that belong to the account that answered; see provider/sticky.h.
  [[nodiscard]] virtual std::span<const std::string> resources() const = 0;
};

/// A tap for one answer; null where the answer's kind carries no usage (an image, an audio file).
[[nodiscard]] std::unique_ptr<UsageTap> make_usage_tap(Dialect dialect,
                                                       std::string_view content_type,
                                                       std::string_view content_encoding,
                                                       Kept kept = Kept::nothing);

}  // namespace keypool::provider
