#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "config/config.h"
#include "gateway/task.h"
#include "gateway/visitors.h"

namespace keypool::gateway {

class Reactor;

/// The listening socket. One for all reactors: an address in use is an error and not a share of the
/// clients, and each reactor gets every n-th connection. When all places are taken, or the process
/// is out of descriptors, clients wait in the kernel's backlog, and idle connections are closed to
/// make room.
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
  void hand_over(int descriptor, Visitors::Visit visit);
  void make_room(std::string_view why);
  void keep_certificate();

  using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>,
                                           asio::io_context::executor_type>;

  const std::vector<std::unique_ptr<Reactor>>& reactors_;
  Visitors visitors_;
  std::size_t next_ = 0;
  bool short_of_room_ = false;
  asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor_;
  Timer relief_;
  Timer renewal_;  // of the certificate
};

}  // namespace keypool::gateway
