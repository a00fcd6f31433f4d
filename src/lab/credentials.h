#pragma once

#include <string_view>
#include <vector>

#include "http/server.h"

namespace keypool::lab {

/// Every credential a request carries, in all the places where SDKs put one: `Authorization:
/// Bearer`, `x-api-key`, `api-key`, `x-goog-api-key`, `?key=`, a WebSocket's subprotocols. Views
/// into the request.
[[nodiscard]] std::vector<std::string_view> credentials_of(const http::Request& request);

}  // namespace keypool::lab
