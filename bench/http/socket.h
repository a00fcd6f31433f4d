#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace keypool::bench {

/// A loopback TCP socket, non-blocking, without Nagle's delay; closes itself.
class Socket {
 public:
  /// Throws std::system_error when the port cannot be had. Port 0: any free one.
  [[nodiscard]] static Socket listen_on(std::uint16_t port);
  /// Waits until connected. Throws std::system_error.
  [[nodiscard]] static Socket connect_to(std::uint16_t port);

  Socket() = default;
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] std::uint16_t port() const;

  /// The next caller in the queue, if there is one.
  [[nodiscard]] std::optional<Socket> accept() const;

  /// Bytes taken; 0 when it would have to wait; nothing when the other side is gone.
  [[nodiscard]] std::optional<std::size_t> send(std::string_view bytes) const;
  [[nodiscard]] std::optional<std::size_t> receive(std::span<char> room) const;

 private:
  explicit Socket(int fd) noexcept : fd_(fd) {}

  int fd_ = -1;
};

/// As many open files as this process may have.
void raise_open_file_limit();

}  // namespace keypool::bench
