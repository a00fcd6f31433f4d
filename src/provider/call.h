#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "provider/dialect.h"
#include "provider/sticky.h"

namespace keypool::provider {

/// What a request says of itself, read once before a key is leased.
struct Call {
  std::string model;                ///< empty: it names none
  bool stream = false;              ///< it asks for a streamed answer
  std::uint64_t input_tokens = 0;   ///< estimate: bytes of text ÷ 4; 0 where there is no body
  std::uint64_t output_tokens = 0;  ///< the output cap it sets, for all its answers; 0: none
  bool stored = false;              ///< it asks for its answer to be kept (`"store": true`)
  ResourceIds resources = {};       ///< what it names that belongs to an account
};

/// Reads the model from the path where the provider goes by it (`/models/{model}:verb`,
/// `/deployments/{model}/…`), else from the body's `model` (JSON, or the field of a form), else
/// from the query (`?model=`, as realtime connections have it). A body that is not JSON, or none of
/// the dialect's, gives what the path and its size say; it is never an error: the provider judges
/// it.
///
/// Text is what stands in strings; pictures and files in them count kMediaTokens each.
///
/// Of members that come twice the last counts, as with most readers; names and models are compared
/// and returned with their escapes taken off.
[[nodiscard]] Call read_call(Dialect dialect, std::string_view target,
                             std::string_view content_type, std::string_view body);

inline constexpr std::uint64_t kMediaTokens = 1000;

/// A model's name is no longer than this; what is longer is none.
inline constexpr std::size_t kModelBytes = 256;

}  // namespace keypool::provider
