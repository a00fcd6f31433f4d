// A WebSocket: one key and one lease for as long as it lasts.
#include <boost/asio/post.hpp>

#include "gateway/exchange.h"
#include "gateway/memory.h"
#include "gateway/reactor.h"
#include "gateway/websocket_relay.h"
#include "provider/realtime.h"

namespace keypool::gateway {

Task<Exchange::After> Exchange::relay_websocket() {
  using State = WebSocketRelay::State;
  const auto& limits = config().limits;
  out_.clear();
  write_switching_head(answer_.head(), {{endpoint_->name, key_name_, tries_}}, out_);
  provider::RealtimeTap tap;
  WebSocketRelay relay(answer_, *upstream_, client_, out_, tap, reactor_.scratch());
  auto state = State::moving;
  for (;;) {
    state = relay.advance();
    trail_.first_byte_passes(reactor_.site().clock);
    if (state != State::moving && state != State::yielding) break;
    if (reactor_.draining()) {
      relay.say_goodbye(http::CloseCode::going_away, "keypool is stopping");
      state = State::closed;
      break;
    }
    if (!client_.here()) {
      relay.advance();  // what it said last
      state = State::client_left;
      break;
    }
    upstream_->expire_after(limits.idle_time);
    if (client_.outbox().empty()) {
      client_.connection().never_expire();
    } else {
      client_.connection().expire_after(limits.idle_time);
    }
    if (state == State::yielding || relay.can_go_on()) {
      co_await asio::post(reactor_.io().get_executor(), kAwait);
    } else {
      co_await client_.event();
    }
  }

  if (state == State::client_left && relay.said_goodbye()) state = State::closed;
  if (state == State::client_left) {
    lease_.succeed(used(state::Figure::hung_up, tap.finish()));
    co_return hung_up();
  }
  if (state == State::closed || upstream_->expired()) {
    if (upstream_->expired()) {
      relay.say_goodbye(http::CloseCode::going_away, "nothing was said for too long");
    }
    lease_.succeed(used(state::Figure::succeeded, tap.finish()));
    ended(Outcome::answered, answer_.head().status());
  } else {
    relay.say_goodbye(http::CloseCode::internal_error, "the provider's connection broke off");
    lease_.endpoint_failed("the connection broke off", used(state::Figure::failed, tap.finish()));
    ended(Outcome::broken, answer_.head().status());
  }
  upstream_.reset();
  client_.connection().expire_after(limits.idle_time);
  const bool all_sent = co_await client_.drain_outbox();
  clear_and_shrink(out_);
  co_return all_sent ? After::linger : After::close;
}

}  // namespace keypool::gateway
