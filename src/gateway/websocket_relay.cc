#include "gateway/websocket_relay.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keypool::gateway {
namespace {

// Scratch buffers of one direction before others get their turn.
constexpr int kTurn = 16;

bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    auto item = value.substr(0, comma);
    value.remove_prefix(std::min(comma + 1, value.size()));
    item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    if (http::same_name(item, wanted)) return true;
  }
  return false;
}

}  // namespace

bool wants_websocket(const http::RequestHead& request) noexcept {
  return request.method() == "GET" && request.minor_version() == 1 &&
         request.framing().kind == http::Framing::Kind::none &&
         request.is_connection_option("upgrade") &&
         lists(http::find(request.headers(), "upgrade").value_or(""), "websocket");
}

WebSocketRelay::WebSocketRelay(Answer& answer, Connection& upstream, Client& client,
                               std::string_view head, provider::RealtimeTap& tap, Scratch& scratch)
    : answer_(answer),
      upstream_(upstream),
      client_(client),
      head_(head),
      scratch_(scratch),
      listener_{tap} {}

WebSocketRelay::State WebSocketRelay::advance() {
  const auto down = to_client();
  if (down != State::moving && down != State::yielding) return down;
  const auto up = to_upstream();
  return up == State::moving ? down : up;
}

WebSocketRelay::State WebSocketRelay::to_client() {
  for (int turn = 0; turn < kTurn; ++turn) {
    const auto flushed = client_.outbox().flush(client_.connection());
    if (flushed == Io::broken) return State::client_left;
    if (flushed != Io::moved) return State::moving;

    if (!head_.empty()) {
      const auto sent = pass(answer_.raw());
      answer_.give_back();
      if (sent == Io::broken) return State::client_left;
      continue;
    }
    const auto result = upstream_.read(scratch_.bytes);
    switch (result.io) {
      case Io::moved:
        break;
      case Io::wants_read:
      case Io::wants_write:
        return State::moving;
      case Io::end:
      case Io::broken:
        return listener_.closed ? State::closed : State::upstream_left;
    }
    if (pass({scratch_.bytes.data(), result.bytes}) == Io::broken) return State::client_left;
  }
  return State::yielding;
}

Io WebSocketRelay::pass(std::string_view bytes) {
  frames_.feed(bytes, listener_);
  std::array<std::string_view, 2> pieces{std::exchange(head_, {}), bytes};
  return client_.outbox().send(client_.connection(), pieces);
}

WebSocketRelay::State WebSocketRelay::to_upstream() {
  const auto flushed = outbox_.flush(upstream_);
  if (flushed == Io::broken) return State::upstream_left;
  if (flushed != Io::moved || client_.input().empty()) return State::moving;
  std::array<std::string_view, 1> pieces{client_.input()};
  const auto size = pieces.front().size();
  const auto sent = outbox_.send(upstream_, pieces);
  client_.consume(size);
  client_.give_back();
  return sent == Io::broken ? State::upstream_left : State::moving;
}

void WebSocketRelay::say_goodbye(http::CloseCode code, std::string_view reason) {
  if (!frames_.at_boundary() || !client_.outbox().empty() || listener_.closed) return;
  const auto frame = http::close_frame(code, reason);
  std::array<std::string_view, 2> pieces{std::exchange(head_, {}), frame};
  // Nobody is left to be told if it cannot be sent.
  static_cast<void>(client_.outbox().send(client_.connection(), pieces));
}

}  // namespace keypool::gateway
