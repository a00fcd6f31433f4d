#include "gateway/session.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "gateway/reactor.h"

namespace keypool::gateway {
namespace {

// A connection that is closed with bytes unread is reset, and the reset may overtake the answer
// (RFC 9112 §9.6). So the rest of what a refused client sends is read over, within these bounds.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 4 * 1024 * 1024;

}  // namespace

Session::Session(Reactor& reactor, std::shared_ptr<Connection> connection, Visitors::Visit visit)
    : reactor_(reactor),
      visit_(std::move(visit)),
      client_(std::move(connection), reactor.limits(), reactor.deadlines(),
              reactor.scratch().bytes),
      exchange_(reactor, client_) {
  if (!visit_.welcome()) client_.turn_away();
}

Task<void> Session::run(std::shared_ptr<Session> self) {
  if (const TlsServer* tls = self->reactor_.site().tls_server.get()) {
    const bool secured = co_await self->secure(*tls);
    if (!secured) co_return self->client_.connection().close();
  }
  auto after = Exchange::After::next;
  while (after == Exchange::After::next && !self->reactor_.draining()) {
    after = co_await self->exchange_.run();
  }
  if (after == Exchange::After::linger) co_await self->linger();
  if (after == Exchange::After::reset) self->client_.connection().reset();
  self->client_.connection().close();
}

// Within the time that a head may take.
Task<bool> Session::secure(const TlsServer& tls) {
  auto& connection = client_.connection();
  connection.begin_tls(tls);
  connection.expire_after(reactor_.limits().head_time);
  for (;;) {
    const auto io = connection.handshake();
    if (io == Io::moved) co_return true;
    if (io == Io::broken || io == Io::end) {
      spdlog::debug("a client's TLS failed: {}", connection.trouble());
      co_return false;
    }
    if (reactor_.draining()) co_return false;
    co_await client_.event();
  }
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
