#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// Tokens of one call, as the provider counted them or as estimated.
struct Usage {
  std::uint64_t input_tokens = 0;   ///< cached input included
  std::uint64_t cached_tokens = 0;  ///< part of input_tokens
  std::uint64_t output_tokens = 0;  ///< reasoning included
  bool reported = false;            ///< false: estimated, the provider's count was not seen
};

/// Watches an answer's body go by and finds the usage in it, in JSON, SSE or NDJSON. It sees the
/// decoded body in pieces of any size, changes nothing, and gives an estimate from the size of the
/// text where no usage was seen.
///
/// Memory: bounded (kTapBytes) whatever the answer's size.
class UsageTap {
 public:
  virtual ~UsageTap() = default;
  virtual void feed(std::string_view piece) = 0;
  [[nodiscard]] virtual Usage finish() = 0;
};

/// A tap for one answer; null where the answer's kind carries no usage (an image, an audio file).
[[nodiscard]] std::unique_ptr<UsageTap> make_usage_tap(Dialect dialect,
                                                       std::string_view content_type,
                                                       std::string_view content_encoding);

}  // namespace keypool::provider
