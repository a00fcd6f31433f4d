#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/answer.h"
#include "http/server.h"

namespace keypool::admin {

/// An error as every part of the API words one: `{"error": {"code": …, "message": …}}`.
[[nodiscard]] http::Answer error_answer(int status, std::string_view code,
                                        std::string_view message);

/// What a browser may have been talked into, refused before anything is looked at:
/// - a `Host` that is neither a loopback name or address nor the one listened on. A page whose own
///   name was made to resolve to this machine (DNS rebinding) still says its own name there;
/// - a call that changes something and comes from a page of another origin.
///
/// Nothing when the request may go on.
[[nodiscard]] std::optional<http::Answer> refusal(const http::Request& request,
                                                  const config::Listen& listen);

}  // namespace keypool::admin
