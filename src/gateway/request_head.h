#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "http/head.h"
#include "provider/dialect.h"

namespace keypool::gateway {

/// `host` or `host:port` as in a Host header: the port only where it is not the scheme's own.
[[nodiscard]] std::string authority(const config::BaseUrl& url);

/// The client's request as upstream shall see it.
struct UpstreamRequest {
  const config::Endpoint& endpoint;
  std::string_view authority;
  const http::RequestHead& head;
  std::string_view rest;    ///< of the target, behind the base URL
  std::string_view secret;  ///< empty: a keyless endpoint
  http::Framing framing;
  bool switches = false;      ///< it asks for a WebSocket
  bool plain_answer = false;  ///< the answer must come uncompressed
};

/// Writes its head into `out`, over what stood there. The bytes hold the secret: wipe them when
/// they are sent. `out` is grown before the secret is written, never after, so that no copy is left
/// behind.
void write_request_head(const UpstreamRequest& request, std::string& out);

/// The codings of an Accept-Encoding that the usage tap can read; `identity` when none is left.
[[nodiscard]] std::string narrowed_encodings(std::string_view accept_encoding);

}  // namespace keypool::gateway
