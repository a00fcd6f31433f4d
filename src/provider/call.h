#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// What a request says of itself, read once before a key is leased.
struct Call {
  std::string model;                   ///< empty: it names none
  bool stream = false;                 ///< it asks for a streamed answer
  std::uint64_t input_tokens = 0;      ///< estimate: bytes of text ÷ 4; 0 where there is no body
  std::uint64_t output_tokens = 0;     ///< the output cap it sets; 0: none
};

/// Reads the model from the body's `model`, or from the path (`/models/{model}:verb`,
/// `/deployments/{model}/…`). A body that is not JSON, or none of the dialect's, gives what the path
/// and its size say; it is never an error: the provider judges it.
[[nodiscard]] Call read_call(Dialect dialect, std::string_view target, std::string_view content_type,
                             std::string_view body);

}  // namespace keypool::provider
