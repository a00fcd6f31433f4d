#pragma once

#include <optional>
#include <string_view>

#include "http/answer.h"
#include "http/server.h"

namespace keypool::admin {

/// Refuses what comes without the operator's token (`Authorization: Bearer`), whose hash is
/// `token_hash`; empty: no token is asked for. Without it anybody gets the dashboard's files, which
/// tell nothing and ask for the token themselves, and what a load balancer asks: `/healthz`,
/// `/readyz`.
///
/// A browser sends such a header only where a page of ours puts it, unlike a cookie: no page of
/// another origin makes it send one.
///
/// Nothing when the request may go on.
[[nodiscard]] std::optional<http::Answer> refusal_without_token(const http::Request& request,
                                                                std::string_view token_hash);

}  // namespace keypool::admin
