#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace keypool::gateway {

/// How an address of the provider's is told to the client, so that it goes there through the
/// gateway too: the bytes of Gemini's resumable upload go to whatever `x-goog-upload-url` says, and
/// beside the gateway they would lack a key.
struct Relocation {
  const config::Endpoint& endpoint;
  std::string_view scheme;  ///< of the gateway, as the client sees it
  std::string_view host;    ///< the same, as in its Host; empty: it did not say
  std::string_view target;  ///< what the client asked for
};

/// An address below the endpoint's base URL becomes the gateway's own, one elsewhere stays. Neither
/// has the credential in its query that the provider may have put there; a client that sent its own
/// that way (`?key=`) finds its own there again, as it would find it at the provider's.
[[nodiscard]] std::string relocated(std::string_view address, const Relocation& relocation);

}  // namespace keypool::gateway
