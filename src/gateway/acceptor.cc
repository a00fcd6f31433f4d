#include "gateway/acceptor.h"

#include <cerrno>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "gateway/reactor.h"

namespace keypool::gateway {
namespace {

constexpr int kBacklog = 4096;

// How long to wait when the process has no descriptor left.
constexpr std::chrono::milliseconds kRelief{100};

}  // namespace

Acceptor::Acceptor(const std::vector<std::unique_ptr<Reactor>>& reactors)
    : reactors_(reactors), acceptor_(reactors.front()->io()), relief_(reactors.front()->io()) {}

std::expected<std::uint16_t, std::string> Acceptor::listen(const config::Listen& address) {
  const auto failed = [&address](const boost::system::error_code& error) {
    return std::unexpected(fmt::format("cannot listen on {}: {}", address.text(), error.message()));
  };
  boost::system::error_code error;
  asio::ip::tcp::resolver resolver(acceptor_.get_executor());
  const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                      asio::ip::resolver_base::passive, error);
  if (error) return failed(error);

  const asio::ip::tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) acceptor_.native_non_blocking(true, error);
  if (error) return failed(error);
  const auto port = acceptor_.local_endpoint(error).port();
  wait();
  return port;
}

void Acceptor::wait() {
  acceptor_.async_wait(asio::socket_base::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error) accept_all();
                       });
}

void Acceptor::accept_all() {
  for (;;) {
    const int descriptor =
        ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      hand_over(descriptor);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return wait();
    // Out of descriptors or memory: the clients wait in the backlog until some come free.
    spdlog::warn(
        "no connection can be accepted now: {}; raise the limit of open files if this lasts",
        std::error_code(errno, std::system_category()).message());
    relief_.expires_after(kRelief);
    relief_.async_wait([this](const boost::system::error_code& error) {
      if (!error) accept_all();
    });
    return;
  }
}

void Acceptor::hand_over(int descriptor) {
  Reactor& reactor = *reactors_[next_];
  next_ = (next_ + 1) % reactors_.size();
  auto serve = [&reactor, descriptor] { reactor.serve(descriptor); };
  asio::dispatch(reactor.io(), std::move(serve));
}

void Acceptor::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  relief_.cancel();
}

}  // namespace keypool::gateway
