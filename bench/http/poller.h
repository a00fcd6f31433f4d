#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <sys/epoll.h>

#include "bench/http/moment.h"

namespace keypool::bench {

/// What a socket is ready for, and the number it was added under.
struct Ready {
  std::uint64_t tag;
  bool readable;  ///< or closed: a receive tells
  bool writable;
};

/// epoll, level-triggered, waiting until a moment exact to microseconds.
class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  /// A socket that is closed leaves by itself.
  void add(int fd, std::uint64_t tag);
  /// Whether to tell of `fd` being writable, which is left out at first.
  void watch_writable(int fd, std::uint64_t tag, bool on);

  /// What is ready; empty when `until` came first. Valid until the next wait.
  [[nodiscard]] std::span<const Ready> wait(std::optional<Moment> until);

 private:
  static constexpr std::size_t kBatch = 512;

  int fd_;
  std::array<epoll_event, kBatch> events_;
  std::array<Ready, kBatch> ready_;
};

}  // namespace keypool::bench
