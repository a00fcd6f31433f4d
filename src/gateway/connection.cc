#include "gateway/connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <keypool/secret.h>

namespace keypool::gateway {
namespace {

constexpr std::size_t kMaxPieces = 64;     // of one sendmsg
constexpr std::size_t kTlsRecord = 16384;  // bytes of a full TLS record

std::string words(int error) { return std::error_code(error, std::system_category()).message(); }

}  // namespace

Connection::Connection(Socket socket, Deadlines& deadlines)
    : Timed(deadlines), socket_(std::move(socket)) {
  if (socket_.is_open()) {
    connected_ = true;
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
}

Connection::~Connection() { close(); }

void Connection::connect(const asio::ip::tcp::endpoint& address) {
  connecting_ = true;
  auto connected = [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self || !self->open_) return;
    self->connecting_ = false;
    if (error) {
      self->trouble_ = error.message();
      self->close();
    } else {
      self->connected_ = true;
      boost::system::error_code ignored;
      self->socket_.native_non_blocking(true, ignored);
      self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    }
    self->notify();
  };
  socket_.async_connect(address, std::move(connected));
}

void Connection::begin_tls(SslPtr ssl) { ssl_ = std::move(ssl); }

Io Connection::handshake() {
  if (!open_) return Io::broken;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Io::moved : tls_wants(result, "TLS handshake");
}

IoResult Connection::read(std::span<char> into) {
  if (!open_) return {Io::broken};
  if (!readable_) return {Io::wants_read};
  if (ssl_) return read_tls(into);

  ssize_t size = 0;
  do {
    size = ::recv(socket_.native_handle(), into.data(), into.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size > 0) {
    // Less than there was room for: the socket is empty, and asking again would only tell so.
    if (static_cast<std::size_t>(size) < into.size()) readable_ = false;
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
  if (!open_ || !sends_) return {Io::broken};
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
    size = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
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

void Connection::arm(Io wanted) {
  switch (wanted) {
    case Io::wants_read:
      return arm_read();
    case Io::wants_write:
      return arm_write();
    case Io::moved:
    case Io::end:
    case Io::broken:
      return;
  }
}

void Connection::arm_read() {
  if (read_armed_ || !open_ || readable_) return;
  read_armed_ = true;
  auto ready = [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self) return;
    self->read_armed_ = false;
    if (error == asio::error::operation_aborted) return;
    self->readable_ = true;
    self->notify();
  };
  socket_.async_wait(Socket::wait_read, std::move(ready));
}

void Connection::arm_write() {
  if (write_armed_ || !open_ || writable_) return;
  write_armed_ = true;
  auto ready = [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!self) return;
    self->write_armed_ = false;
    if (error == asio::error::operation_aborted) return;
    self->writable_ = true;
    self->notify();
  };
  socket_.async_wait(Socket::wait_write, std::move(ready));
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
  if (!open_) return;
  if (ssl_) SSL_shutdown(ssl_.get());
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Connection::close() noexcept {
  if (!open_) return;
  open_ = false;
  connecting_ = false;
  connected_ = false;
  // Without a goodbye OpenSSL takes the connection for broken and its session for unfit to resume.
  if (ssl_ && trouble_.empty() && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ssl_.reset();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::reset() noexcept {
  if (!open_) return;
  boost::system::error_code ignored;
  socket_.set_option(Socket::linger(true, 0), ignored);
  close();
}

}  // namespace keypool::gateway
