#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/answer.h"
#include "http/server.h"

namespace keypool::admin {

/// What a browser may have been talked into, refused before anything is looked at:
/// - where only this machine is listened to, a `Host` that is no loopback name or address. A page
///   whose own name was made to resolve to this machine (DNS rebinding) still says its own name
///   there. Where others are listened to they may call us by any name, but need the token
///   (admin/token.h), which no such page has;
/// - a call that changes something and comes from a page of another origin;
/// - one that says it is no JSON, as what a form sends does, or that a browser made and that does
///   not say it is: such a call may come from any page, without a question asked before.
///
/// Nothing when the request may go on.
[[nodiscard]] std::optional<http::Answer> refusal(const http::Request& request,
                                                  const config::Listen& listen);

/// What every answer carries: it is kept by nobody, shown in no frame, read by no other origin, and
/// a page of ours loads, runs and asks nothing but what this listener has.
[[nodiscard]] http::Fields protective_headers();

}  // namespace keypool::admin
