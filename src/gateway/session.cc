#include "gateway/session.h"

#include <utility>

#include "gateway/reactor.h"

namespace keypool::gateway {
namespace {

// A connection that is closed with bytes unread is reset, and the reset may overtake the answer
// (RFC 9112 §9.6). So the rest of what a refused client sends is read over, within these bounds.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;

}  // namespace

Session::Session(Reactor& reactor, std::shared_ptr<Connection> connection)
    : reactor_(reactor),
      client_(std::move(connection), reactor.limits(), reactor.scratch().bytes),
      exchange_(reactor, client_) {}

Task<void> Session::run(std::shared_ptr<Session> self) {
  auto after = Exchange::After::next;
  while (after == Exchange::After::next && !self->reactor_.draining()) {
    after = co_await self->exchange_.run();
  }
  if (after == Exchange::After::linger) co_await self->linger();
  if (after == Exchange::After::reset) self->client_.connection().reset();
  self->client_.connection().close();
}

Task<void> Session::linger() {
  client_.connection().shut_down();
  client_.connection().expire_after(kLingerTime);
  std::size_t bytes = 0;
  while (client_.here() && bytes < kLingerBytes) {
    bytes += client_.input().size();
    client_.consume(client_.input().size());
    if (!client_.connection().readable()) co_await client_.event();
  }
}

}  // namespace keypool::gateway
