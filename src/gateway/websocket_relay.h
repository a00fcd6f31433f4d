#pragma once

#include <string>
#include <string_view>

#include "gateway/answer.h"
#include "gateway/client.h"
#include "gateway/connection.h"
#include "gateway/outbox.h"
#include "gateway/scratch.h"
#include "http/head.h"
#include "http/websocket.h"
#include "provider/realtime.h"

namespace keypool::gateway {

/// Whether a request asks for a WebSocket (RFC 6455 §4.1).
[[nodiscard]] bool wants_websocket(const http::RequestHead& request) noexcept;

/// Moves the bytes of a WebSocket both ways as they come, while the tap reads what the provider
/// says. Of neither side more is read while the other takes nothing.
///
/// A state machine: `advance` moves what can be moved now.
class WebSocketRelay {
 public:
  enum class State {
    moving,         ///< waits for either side
    yielding,       ///< more could be moved, but others want their turn
    closed,         ///< the provider has ended it in good order, and the client has been told all
    upstream_left,  ///< the provider's connection broke off
    client_left,
  };

  /// All are the awaiter's. `answer` is the provider's 101 and what came behind it; `head` is what
  /// the client is told of it, and goes out first.
  WebSocketRelay(Answer& answer, Connection& upstream, Client& client, std::string_view head,
                 provider::RealtimeTap& tap, Scratch& scratch);

  State advance();

  /// Whether what the client has sent meanwhile would let it go on.
  [[nodiscard]] bool can_go_on() const noexcept {
    return outbox_.empty() && !client_.input().empty();
  }

  /// Whether the provider has said that it is done. Who leaves after that has not hung up: clients
  /// need not wait for the provider to close the connection.
  [[nodiscard]] bool said_goodbye() const noexcept { return listener_.closed; }

  /// Closes the client's side, if it can be told so between two frames. Nothing is moved after.
  void say_goodbye(http::CloseCode code, std::string_view reason);

 private:
  /// What the provider says, as the frames tell.
  struct Listener {
    provider::RealtimeTap& tap;
    bool closed = false;

    void data(std::string_view piece) { tap.feed(piece); }
    void message_end() { tap.end_message(); }
    void close() { closed = true; }
  };

  State to_client();
  State to_upstream();
  [[nodiscard]] Io pass(std::string_view bytes);

  Answer& answer_;
  Connection& upstream_;
  Client& client_;
  std::string_view head_;
  Scratch& scratch_;
  http::FrameScan frames_;  // to the client
  Listener listener_;
  Outbox outbox_;  // to upstream
};

}  // namespace keypool::gateway
