#include "gateway/acceptor.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/reactor.h"

namespace keypool::gateway {
namespace {

constexpr int kBacklog = 4096;

// How long to wait when there is no place or no descriptor left.
constexpr std::chrono::milliseconds kRelief{100};

// How often the certificate's files are looked at.
constexpr std::chrono::seconds kRenewal{5};

// Each client may need a connection upstream besides its own; what is left is for files and
// look-ups. So no call that was let in fails for want of a descriptor.
std::size_t places(const config::Limits& limits) {
  constexpr std::size_t kOthers = 64;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) {
    return limits.connections;
  }
  const auto room = std::max<std::size_t>(files.rlim_cur, 2 * kOthers) - kOthers;
  return std::min(limits.connections, room / 2);
}

}  // namespace

Acceptor::Acceptor(const std::vector<std::unique_ptr<Reactor>>& reactors)
    : reactors_(reactors),
      visitors_(places(reactors.front()->limits()),
                reactors.front()->limits().connections_per_client),
      acceptor_(reactors.front()->io()),
      relief_(reactors.front()->io()),
      renewal_(reactors.front()->io()) {}

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
  if (reactors_.front()->site().tls_server) keep_certificate();
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
    if (visitors_.full()) return make_room("all places are taken (limits.connections)");
    asio::ip::tcp::endpoint from;
    auto size = static_cast<socklen_t>(from.capacity());
    const int descriptor =
        ::accept4(acceptor_.native_handle(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      short_of_room_ = false;
      from.resize(size);
      if (auto visit = visitors_.enter(from.address())) {
        hand_over(descriptor, std::move(*visit));
      } else {
        ::close(descriptor);
      }
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return wait();
    return make_room(std::error_code(errno, std::system_category()).message());
  }
}

// The clients wait in the backlog until some places or descriptors come free.
void Acceptor::make_room(std::string_view why) {
  if (!std::exchange(short_of_room_, true)) {
    spdlog::warn("no client can be let in now: {}; raise the limit if this lasts", why);
  }
  for (const auto& reactor : reactors_) {
    asio::post(reactor->io(), [&reactor = *reactor] { reactor.close_idle(); });
  }
  relief_.expires_after(kRelief);
  relief_.async_wait([this](const boost::system::error_code& error) {
    if (!error) accept_all();
  });
}

void Acceptor::hand_over(int descriptor, Visitors::Visit visit) {
  Reactor& reactor = *reactors_[next_];
  next_ = (next_ + 1) % reactors_.size();
  auto serve = [&reactor, descriptor, visit = std::move(visit)]() mutable {
    reactor.serve(descriptor, std::move(visit));
  };
  asio::dispatch(reactor.io(), std::move(serve));
}

void Acceptor::keep_certificate() {
  renewal_.expires_after(kRenewal);
  renewal_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto renewed = reactors_.front()->site().tls_server->refresh();
    if (!renewed) {
      spdlog::error("the new certificate cannot be used, the old one stays: {}", renewed.error());
    } else if (*renewed) {
      spdlog::info("the certificate was read again");
    }
    keep_certificate();
  });
}

void Acceptor::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  relief_.cancel();
  renewal_.cancel();
}

}  // namespace keypool::gateway
