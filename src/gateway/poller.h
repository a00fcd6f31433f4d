#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include "gateway/task.h"

namespace keypool::gateway {

/// Someone with a descriptor.
class Watched {
 public:
  /// `events` as of epoll(7). Whatever was there before may have been used already.
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~Watched() = default;
};

/// Tells when descriptors become readable or writable. Each is registered once, edge-triggered and
/// both ways, so that waiting costs no system call of its own: Asio's `async_wait` makes one each
/// time, two for every request. Its epoll instance is one descriptor among those Asio waits for.
///
/// Thread-safety: the reactor's thread only.
class Poller {
 public:
  /// Throws boost::system::system_error when the kernel has no epoll instance to give.
  explicit Poller(asio::io_context& io);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// From now until the descriptor is closed; `watched` must call `forget` before it ends. False:
  /// the kernel refused, errno says why.
  [[nodiscard]] bool watch(int descriptor, Watched& watched);

  /// Events that were found but not told yet are not told any more.
  void forget(const Watched& watched) noexcept;

  void close();

 private:
  void wait();
  void tell();

  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> epoll_;
  std::array<epoll_event, 128> found_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

}  // namespace keypool::gateway
