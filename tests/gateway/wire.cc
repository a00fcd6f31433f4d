#include "tests/gateway/wire.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace keypool::gateway::testing {
namespace {

constexpr timeval kPatience{10, 0};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

int Message::status() const { return start.size() < 12 ? 0 : std::atoi(start.c_str() + 9); }

std::string Message::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

Wire::Wire(int descriptor) : descriptor_(descriptor) {
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Wire Wire::to(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    throw std::runtime_error("cannot connect to the gateway under test");
  }
  return Wire(descriptor);
}

Wire::Wire(Wire&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(std::move(other.buffer_)) {}

Wire& Wire::operator=(Wire&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    buffer_ = std::move(other.buffer_);
  }
  return *this;
}

Wire::~Wire() { close(); }

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Wire::send_bytewise(std::string_view bytes) {
  for (const char& byte : bytes) {
    if (!send({&byte, 1})) return false;
  }
  return true;
}

bool Wire::fill() {
  char bytes[65536];
  const auto size = ::recv(descriptor_, bytes, sizeof bytes, 0);
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string Wire::take(std::size_t size) {
  auto taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string Wire::read_head() {
  for (;;) {
    const auto end = buffer_.find("\r\n\r\n");
    if (end != std::string::npos) return take(end + 4);
    if (!fill()) return {};
  }
}

std::string Wire::read_some(std::size_t most) {
  if (buffer_.empty() && !fill()) return {};
  return take(std::min(most, buffer_.size()));
}

bool Wire::read_until(std::string_view text) {
  for (;;) {
    const auto found = buffer_.find(text);
    if (found != std::string::npos) {
      take(found + text.size());
      return true;
    }
    if (!fill()) return false;
  }
}

std::string Wire::read_all() {
  while (fill()) {
  }
  return take(buffer_.size());
}

std::optional<Message> Wire::read(bool answers_head_request) {
  auto head = read_head();
  if (head.empty()) return std::nullopt;
  Message message;
  message.start = head.substr(0, head.find("\r\n"));
  for (auto begin = head.find("\r\n") + 2; begin + 2 < head.size();) {
    const auto end = head.find("\r\n", begin);
    const auto line = head.substr(begin, end - begin);
    const auto colon = line.find(':');
    const auto value = line.find_first_not_of(' ', colon + 1);
    message.headers.emplace(lower(line.substr(0, colon)),
                            value == std::string::npos ? "" : line.substr(value));
    begin = end + 2;
  }
  const bool request = !message.start.starts_with("HTTP/");
  const int status = request ? 0 : message.status();
  const bool no_body =
      answers_head_request || status == 204 || status == 304 || (status >= 100 && status < 200);
  message.whole = read_body(message, request, no_body);
  return message;
}

bool Wire::read_body(Message& message, bool request, bool no_body) {
  if (no_body) return true;
  if (message.has("transfer-encoding")) {
    for (;;) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) return false;
      }
      const auto size = std::strtoul(take(line + 2).c_str(), nullptr, 16);
      while (buffer_.size() < size + 2) {
        if (!fill()) {
          message.body += take(buffer_.size());
          return false;
        }
      }
      message.body += take(size);
      if (take(2) != "\r\n") return false;
      if (size == 0) return true;
    }
  }
  if (message.has("content-length")) {
    const auto size = std::stoul(message.header("content-length"));
    while (buffer_.size() < size) {
      if (!fill()) {
        message.body = take(buffer_.size());
        return false;
      }
    }
    message.body = take(size);
    return true;
  }
  if (request) return true;
  message.body = read_all();
  return true;
}

Wire::End Wire::wait_for_end() {
  for (;;) {
    char bytes[65536];
    const auto size = ::recv(descriptor_, bytes, sizeof bytes, 0);
    if (size == 0) return End::closed;
    if (size < 0) return errno == ECONNRESET || errno == EPIPE ? End::reset : End::open;
  }
}

void Wire::shut_down() { ::shutdown(descriptor_, SHUT_WR); }

void Wire::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Wire::reset() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Wire::set_receive_buffer(int bytes) {
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

}  // namespace keypool::gateway::testing
