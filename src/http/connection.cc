#include "http/connection.h"

#include <charconv>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>

namespace keypool::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kReadSize = 16 * 1024;

/// What a rejected client may still send before its connection is cut: enough that it finds the
/// answer instead of a reset.
constexpr std::size_t kLingerBytes = 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{2};

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head.push_back(c == '\r' || c == '\n' ? ' ' : c);
  head.append("\r\n");
}

asio::const_buffer buffer_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string_view decimal(std::uint64_t number, std::array<char, 20>& digits) {
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

void append_length(std::string& head, std::uint64_t length) {
  std::array<char, 20> digits;
  append_line(head, "content-length", decimal(length, digits));
}

}  // namespace

asio::awaitable<bool> Connection::read_more() {
  input_.erase(0, std::exchange(used_, 0));
  const std::size_t size = input_.size();
  input_.resize(size + kReadSize);
  error_code ec;
  const std::size_t came = co_await socket_.async_read_some(
      asio::buffer(input_.data() + size, kReadSize), asio::redirect_error(asio::use_awaitable, ec));
  input_.resize(size + came);
  co_return !ec;
}

void Connection::enforce_deadline(MonotonicTime now) {
  if (now < due_) return;
  clear_deadline();
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::expect_answer(int minor_version, bool keep_alive, bool head_only) {
  progress_ = Progress::nothing_sent;
  minor_version_ = minor_version;
  keep_alive_ = keep_alive;
  head_only_ = head_only;
}

template <typename Buffers>
asio::awaitable<bool> Connection::put(Buffers buffers) {
  set_deadline(options_.write_time);
  error_code ec;
  co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, ec));
  clear_deadline();
  if (ec) progress_ = Progress::broken;
  co_return !ec;
}

asio::awaitable<bool> Connection::invite_body() {
  co_return co_await put(buffer_of("HTTP/1.1 100 Continue\r\n\r\n"));
}

asio::awaitable<bool> Connection::send_whole(Answer answer) {
  if (progress_ != Progress::nothing_sent) co_return false;
  std::string head = start_head(answer.status, answer.headers);
  if (has_body(answer.status)) append_length(head, answer.body.size());
  head.append("\r\n");
  if (!has_body(answer.status) || head_only_) answer.body.clear();
  const std::array parts{buffer_of(head), buffer_of(answer.body)};
  const bool sent = co_await put(parts);
  if (sent) progress_ = Progress::finished;
  co_return sent;
}

asio::awaitable<bool> Connection::send_status(int status) {
  Answer answer{.status = status};
  return send_whole(std::move(answer));
}

asio::awaitable<bool> Connection::begin(AnswerHead answer) {
  if (progress_ != Progress::nothing_sent) co_return false;
  std::string head = start_head(answer.status, answer.headers);
  chunked_ = false;
  announced_ = answer.length;
  if (announced_) {
    append_length(head, *announced_);
  } else if (minor_version_ >= 1) {
    chunked_ = true;
    append_line(head, "transfer-encoding", "chunked");
  } else {
    keep_alive_ = false;  // the end of the connection is the end of the body
  }
  head.append("\r\n");
  progress_ = Progress::in_body;
  co_return co_await put(buffer_of(head));
}

asio::awaitable<bool> Connection::write(std::string_view piece) {
  if (progress_ != Progress::in_body) co_return false;
  if (piece.empty() || head_only_) co_return true;
  if (announced_) {
    if (piece.size() > *announced_) piece = piece.substr(0, *announced_);
    *announced_ -= piece.size();
  }
  if (!chunked_) co_return co_await put(buffer_of(piece));

  std::array<char, 18> size_line;
  char* end = std::to_chars(size_line.data(), size_line.data() + 16, piece.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const std::array parts{buffer_of({size_line.data(), end}), buffer_of(piece), buffer_of("\r\n")};
  co_return co_await put(parts);
}

asio::awaitable<bool> Connection::end() {
  if (progress_ != Progress::in_body) co_return false;
  if (announced_ && *announced_ > 0 && !head_only_) {
    progress_ = Progress::broken;
    co_return false;
  }
  bool sent = true;
  if (chunked_ && !head_only_) sent = co_await put(buffer_of("0\r\n\r\n"));
  if (sent) progress_ = Progress::finished;
  co_return sent;
}

asio::awaitable<bool> Connection::wait(std::chrono::nanoseconds duration) {
  if (progress_ == Progress::broken) co_return false;
  watch_for_hang_up();
  pause_.expires_after(duration);
  error_code ignored;
  co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return progress_ != Progress::broken;
}

asio::awaitable<void> Connection::stall() {
  clear_deadline();
  error_code ec;
  std::array<char, 4096> unread;
  while (!ec) {
    co_await socket_.async_read_some(asio::buffer(unread),
                                     asio::redirect_error(asio::use_awaitable, ec));
  }
  progress_ = Progress::broken;
}

asio::awaitable<bool> Connection::send_raw(std::string_view bytes) {
  if (progress_ != Progress::nothing_sent) co_return false;
  const bool sent = co_await put(buffer_of(bytes));
  progress_ = Progress::broken;
  co_return sent;
}

tcp::socket& Connection::take_over() noexcept {
  clear_deadline();
  progress_ = Progress::broken;
  return socket_;
}

void Connection::reset() noexcept {
  progress_ = Progress::broken;
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void Connection::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

asio::awaitable<void> Connection::linger() {
  error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  set_deadline(kLingerTime);
  std::array<char, 4096> unread;
  for (std::size_t total = 0; !ec && total < kLingerBytes;) {
    total += co_await socket_.async_read_some(asio::buffer(unread),
                                              asio::redirect_error(asio::use_awaitable, ec));
  }
}

std::string Connection::start_head(int status, const Fields& headers) const {
  std::array<char, 20> digits;
  std::string head;
  head.reserve(512);
  head.append(minor_version_ >= 1 ? "HTTP/1.1 " : "HTTP/1.0 ");
  head.append(decimal(static_cast<std::uint64_t>(status), digits)).append(" ");
  head.append(
      std::string_view(wire::obsolete_reason(wire::int_to_status(static_cast<unsigned>(status)))));
  head.append("\r\n");
  for (const Field& field : headers) append_line(head, field.name, field.value);
  if (!keep_alive_) append_line(head, "connection", "close");
  return head;
}

/// A client that leaves makes its socket readable. One that sends its next request early does so
/// too; then nobody watches until the next wait.
void Connection::watch_for_hang_up() {
  if (watching_) return;
  watching_ = true;
  auto look = [self = shared_from_this()](error_code ec) {
    self->watching_ = false;
    if (ec) return;
    char byte;
    error_code state;
    self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, state);
    if (!state || state == asio::error::would_block) return;
    self->progress_ = Progress::broken;
    self->pause_.cancel();
  };
  socket_.async_wait(tcp::socket::wait_read, std::move(look));
}

}  // namespace keypool::http
