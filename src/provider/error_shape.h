#pragma once

#include <string>
#include <string_view>

#include "provider/dialect.h"

namespace keypool::provider {

/// The JSON body of an error of the gateway's own, in the shape in which the dialect's SDK reads
/// errors, with `type` `keypool_error` and `code`. `target` matters where one provider is spoken to
/// in several ways: Gemini's OpenAI-compatible paths, Ollama's and Cohere's own APIs.
///
/// The official SDKs choose their typed exception by the status; from the body they take `message`,
/// `code`, `param` and `type` (OpenAI's), the whole of it (Anthropic's), `code`, `status` and
/// `message` (Gemini's), `message` (Cohere's), `error` (Ollama's).
[[nodiscard]] std::string error_body(Dialect dialect, int status, std::string_view code,
                                     std::string_view message, std::string_view target = {});

}  // namespace keypool::provider
