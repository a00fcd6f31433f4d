#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "config/config.h"
#include "gateway/task.h"

namespace keypool::gateway {

class Reactor;

/// The listening socket. One for all reactors: an address in use is an error and not a share of the
/// clients, and each reactor gets every n-th connection.
///
/// Thread-safety: `listen` before the reactors run; all else on the thread of the first reactor.
class Acceptor {
 public:
  /// `reactors` must outlive it; it runs on the first.
  explicit Acceptor(const std::vector<std::unique_ptr<Reactor>>& reactors);

  /// Binds and begins to accept. The port in use, or which address could not be had and why.
  [[nodiscard]] std::expected<std::uint16_t, std::string> listen(const config::Listen& address);

  void close();

 private:
  void wait();
  void accept_all();
  void hand_over(int descriptor);

  const std::vector<std::unique_ptr<Reactor>>& reactors_;
  std::size_t next_ = 0;
  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      relief_;
};

}  // namespace keypool::gateway
