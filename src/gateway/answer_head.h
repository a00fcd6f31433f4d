#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/relocation.h"
#include "gateway/retry_advice.h"
#include "http/head.h"

namespace keypool::gateway {

/// What the gateway adds to an answer about how it came to be.
struct Provenance {
  std::string_view endpoint = {};
  std::string_view key = {};  ///< a name; empty: no key was used
  int attempts = 0;           ///< tries that reached for upstream; 0: none
};

/// How an answer's body is framed for the client, and whether the connection stays.
struct ClientFraming {
  http::Framing framing;
  std::optional<std::uint64_t> declared_length;  ///< told though no body follows
  bool keeps_alive = true;
};

/// Whether the client gets all bytes of a body, or something may be taken out.
enum class Bytes { all, filtered };

/// For an answer with `head` to a client of HTTP/1.`minor_version`. A body of unknown length is
/// sent chunked, or ends with the connection where the client does not know chunks.
[[nodiscard]] ClientFraming frame_for_client(const http::ResponseHead& head, int minor_version,
                                             bool keeps_alive, Bytes bytes = Bytes::all);

/// What the client is told otherwise than upstream has told it.
struct HeadChanges {
  Provenance provenance = {};
  std::optional<RetryAdvice> advice = std::nullopt;  ///< nothing: upstream's own stands
  const Relocation* relocation = nullptr;            ///< null: addresses stay as they are
};

/// Upstream's head as the client shall see it, appended to `out`.
void write_answer_head(const http::ResponseHead& head, int minor_version,
                       const ClientFraming& framing, const HeadChanges& changes, std::string& out);

/// The head of an answer that switches to a WebSocket, appended to `out`.
void write_switching_head(const http::ResponseHead& head, const HeadChanges& changes,
                          std::string& out);

/// An interim (1xx) head, appended to `out`.
void write_interim_head(const http::ResponseHead& head, std::string& out);

/// An error of the gateway's own, head and body, over what stood in `out`.
struct OwnError {
  int status;
  std::string body;
  RetryAdvice advice = {};
};
void write_own_error(const OwnError& error, int minor_version, bool keeps_alive, bool head_only,
                     const Provenance& provenance, std::string& out);

/// RFC 9110 §15.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace keypool::gateway
