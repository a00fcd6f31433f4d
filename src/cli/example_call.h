#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace keypool::cli {

/// `curl …`, one line to paste: asks the endpoint, by way of the gateway at `gateway_url`, for its
/// models. That works with every key, whatever models it may use, and costs nothing.
[[nodiscard]] std::string example_call(std::string_view gateway_url,
                                       const config::Endpoint& endpoint);

/// A chat completion of the simulated provider, at `base_url` (up to and without `/v1`).
/// `credential` is sent as a bearer token; empty: none is.
[[nodiscard]] std::string example_chat(std::string_view base_url, std::string_view credential = {});

}  // namespace keypool::cli
