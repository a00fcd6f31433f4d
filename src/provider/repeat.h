#pragma once

#include <cstdint>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// How often a call may be sent again when it is not known what became of a try: the connection
/// broke, or time ran out, after the request was sent and before any of the answer came. No
/// provider's chat API promises to see that two calls are one. A refusal (429, 503, a connection
/// that never came about) is no such doubt: then every call may be sent again.
enum class Repeat : std::uint8_t {
  freely,  ///< it changes nothing, or nothing the second time
  once,    ///< it asks a model: at worst it is paid twice
  never,   ///< it makes something: at worst there are two of them
};

/// Uploads, batches, jobs, runs, vector stores, videos, conversations and interactions make
/// something; so does a response that runs in the background or is added to a conversation. `body`
/// is searched for the names of these two members only: text that holds them in quotes costs a
/// second try, no more.
[[nodiscard]] Repeat repeat_of(Dialect dialect, std::string_view method, std::string_view target,
                               std::string_view body) noexcept;

}  // namespace keypool::provider
