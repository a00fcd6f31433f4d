#include "gateway/connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <keypool/secret.h>

namespace keypool::gateway {
namespace {

constexpr std::size_t kMaxPieces = 64;     // of one sendmsg
constexpr std::size_t kTlsRecord = 16384;  // bytes of a full TLS record

std::string words(int error) { return std::error_code(error, std::system_category()).message(); }

}  // namespace

Connection::Connection(int descriptor, Poller& poller, Deadlines& deadlines)
    : Timed(deadlines), descriptor_(descriptor), poller_(poller) {
  set_up();
}

Connection::Connection(const boost::asio::ip::tcp::endpoint& address, Poller& poller,
                       Deadlines& deadlines)
    : Timed(deadlines),
      descriptor_(::socket(address.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           IPPROTO_TCP)),
      poller_(poller) {
  if (descriptor_ < 0) {
    fail(errno, "socket");
  } else if (::connect(descriptor_, address.data(), static_cast<socklen_t>(address.size())) == 0) {
    set_up();
  } else if (errno == EINPROGRESS) {
    connecting_ = true;
    set_up();
  } else {
    fail(errno, "connect");
  }
}

Connection::~Connection() { close(); }

void Connection::set_up() {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!poller_.watch(descriptor_, *this)) fail(errno, "watch");
}

void Connection::ready(std::uint32_t events) {
  const auto self = shared_from_this();
  if (connecting_) {
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) finish_connecting();
  } else {
    constexpr std::uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP;
    if ((events & kReadable) != 0) readable_ = true;
    if ((events & ~EPOLLIN & kReadable) != 0) ends_ = true;
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) writable_ = true;
  }
  notify();
}

void Connection::finish_connecting() {
  connecting_ = false;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) fail(error, "connect");
}

std::string Connection::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const void* bytes = nullptr;
  if (address.ss_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (address.ss_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  }
  if (bytes == nullptr) return {};
  const char* written = ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return written != nullptr ? written : "";
}

void Connection::begin_tls(const TlsClient& client, const std::string& host, SSL_SESSION* session) {
  ssl_ = client.begin(host, descriptor_, session);
}

void Connection::begin_tls(const TlsServer& server) { ssl_ = server.begin(descriptor_); }

Io Connection::handshake() {
  if (!open()) return Io::broken;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Io::moved : tls_wants(result, "TLS handshake");
}

IoResult Connection::read(std::span<char> into) {
  if (!open()) return {Io::broken};
  if (!readable_) return {Io::wants_read};
  if (ssl_) return read_tls(into);

  ssize_t size = 0;
  do {
    size = ::recv(descriptor_, into.data(), into.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size > 0) {
    // Less than there was room for: the socket is empty, and asking again would only tell so. But
    // an end that has been told already is not told again.
    if (static_cast<std::size_t>(size) < into.size() && !ends_) readable_ = false;
    return {Io::moved, static_cast<std::size_t>(size)};
  }
  if (size == 0) return {Io::end};
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    readable_ = false;
    return {Io::wants_read};
  }
  return {fail(errno, "read")};
}

IoResult Connection::read_tls(std::span<char> into) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  if (result == 1) return {Io::moved, size};
  return {tls_wants(result, "TLS read")};
}

IoResult Connection::write(std::span<const std::string_view> pieces) {
  if (!open() || !sends_) return {Io::broken};
  if (!writable_) return {Io::wants_write};
  if (ssl_) return write_tls(pieces);

  std::array<iovec, kMaxPieces> vector;
  std::size_t count = 0;
  std::size_t wanted = 0;
  for (const auto piece : pieces) {
    if (piece.empty()) continue;
    if (count == vector.size()) break;
    vector[count++] = {const_cast<char*>(piece.data()), piece.size()};
    wanted += piece.size();
  }
  if (count == 0) return {Io::moved};

  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = count;
  ssize_t size = 0;
  do {
    size = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  } while (size < 0 && errno == EINTR);
  if (size >= 0) {
    if (static_cast<std::size_t>(size) < wanted) writable_ = false;
    return {Io::moved, static_cast<std::size_t>(size)};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    writable_ = false;
    return {Io::wants_write};
  }
  // What the other side said before it hung up can still be read.
  trouble_ = fmt::format("write: {}", words(errno));
  sends_ = false;
  return {Io::broken};
}

// Each SSL_write makes a record of its own, so small pieces are put together first.
IoResult Connection::write_tls(std::span<const std::string_view> pieces) {
  std::array<char, kTlsRecord> record;
  std::size_t size = 0;
  for (const auto piece : pieces) {
    const auto part = piece.substr(0, record.size() - size);
    std::memcpy(record.data() + size, part.data(), part.size());
    size += part.size();
  }
  if (size == 0) return {Io::moved};

  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), record.data(), size, &written);
  wipe_memory(record.data(), size);  // a request's head holds a secret
  if (result == 1) return {Io::moved, written};
  return {tls_wants(result, "TLS write")};
}

Io Connection::tls_wants(int result, std::string_view what) {
  const int system_error = errno;
  const int wanted = SSL_get_error(ssl_.get(), result);
  if (wanted == SSL_ERROR_WANT_READ) {
    readable_ = false;
    return Io::wants_read;
  }
  if (wanted == SSL_ERROR_WANT_WRITE) {
    writable_ = false;
    return Io::wants_write;
  }
  if (wanted == SSL_ERROR_ZERO_RETURN) return Io::end;
  if (wanted == SSL_ERROR_SYSCALL) return fail(system_error, what);

  const long verified = SSL_get_verify_result(ssl_.get());
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  trouble_ = verified != X509_V_OK
                 ? fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified))
                 : fmt::format("{}: {}", what, reason != nullptr ? reason : "unknown error");
  close();
  return Io::broken;
}

Io Connection::fail(int error, std::string_view what) {
  trouble_ = fmt::format("{}: {}", what, error != 0 ? words(error) : "connection closed");
  close();
  return Io::broken;
}

void Connection::expire() {
  const auto self = shared_from_this();
  expired_ = true;
  trouble_ = "timed out";
  close();
  notify();
}

void Connection::notify() {
  if (signal_ != nullptr) signal_->notify();
}

void Connection::shut_down() noexcept {
  if (!open()) return;
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(descriptor_, SHUT_WR);
}

void Connection::close() noexcept {
  if (!open()) return;
  // Without a goodbye OpenSSL takes the connection for broken and its session for unfit to resume.
  if (ssl_ && trouble_.empty() && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ssl_.reset();
  connecting_ = false;
  poller_.forget(*this);
  ::close(std::exchange(descriptor_, -1));
}

void Connection::reset() noexcept {
  if (!open()) return;
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

}  // namespace keypool::gateway
