#pragma once

#include <string_view>

#include "http/header.h"

namespace keypool::gateway {

/// The trace that the client's `traceparent` names, 32 hexadecimal digits; empty without a valid
/// one (W3C Trace Context, level 1). A view into the headers, which go to upstream as they came.
[[nodiscard]] std::string_view trace_id_of(http::Headers headers) noexcept;

}  // namespace keypool::gateway
