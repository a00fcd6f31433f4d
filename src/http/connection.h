#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <keypool/clock.h>

#include "http/server.h"

namespace keypool::http {

/// A server's end of one client's connection, with what has come on it and how far the current
/// answer has come.
///
/// Thread-safety: its server's thread only.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Progress {
    nothing_sent,
    in_body,
    finished,
    broken,  ///< the client is gone, or must not mistake what it has for a whole answer
  };

  /// Both must outlive it.
  Connection(boost::asio::ip::tcp::socket socket, const ServerOptions& options, const Clock& clock)
      : socket_(std::move(socket)),
        pause_(socket_.get_executor()),
        options_(options),
        clock_(clock) {}

  [[nodiscard]] const ServerOptions& options() const noexcept { return options_; }

  // What comes.

  /// Bytes that have come and are not used yet.
  [[nodiscard]] std::string_view input() const noexcept {
    return std::string_view(input_).substr(used_);
  }
  void consume(std::size_t bytes) noexcept { used_ += bytes; }
  /// Waits for more of them. False: the client is gone, or the deadline has passed.
  boost::asio::awaitable<bool> read_more();

  /// Waiting socket operations end when `time` is over.
  void set_deadline(std::chrono::milliseconds time) {
    due_ = clock_.now() + time;
    timed_out_ = false;
  }
  void clear_deadline() { due_ = MonotonicTime::max(); }
  void enforce_deadline(MonotonicTime now);
  [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

  // What is answered.

  /// Begins a new exchange.
  void expect_answer(int minor_version, bool keep_alive, bool head_only);

  [[nodiscard]] Progress progress() const noexcept { return progress_; }
  [[nodiscard]] bool reusable() const noexcept {
    return keep_alive_ && progress_ == Progress::finished;
  }

  /// As the Responder's.
  boost::asio::awaitable<bool> send_whole(Answer answer);
  boost::asio::awaitable<bool> begin(AnswerHead answer);
  boost::asio::awaitable<bool> write(std::string_view piece);
  boost::asio::awaitable<bool> end();
  boost::asio::awaitable<bool> wait(std::chrono::nanoseconds duration);
  boost::asio::awaitable<void> stall();
  boost::asio::awaitable<bool> send_raw(std::string_view bytes);
  [[nodiscard]] boost::asio::ip::tcp::socket& take_over() noexcept;
  void reset() noexcept;

  boost::asio::awaitable<bool> send_status(int status);
  /// Asks for the body that the client holds back. False: the client is gone.
  boost::asio::awaitable<bool> invite_body();

  void close() noexcept;

  /// Lets a client read the last answer before the connection ends: closing while it still sends
  /// would reset the connection, and the answer with it.
  boost::asio::awaitable<void> linger();

 private:
  [[nodiscard]] std::string start_head(int status, const Fields& headers) const;
  template <typename Buffers>
  boost::asio::awaitable<bool> put(Buffers buffers);
  void watch_for_hang_up();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_;
  const ServerOptions& options_;
  const Clock& clock_;
  std::string input_;
  std::size_t used_ = 0;
  MonotonicTime due_ = MonotonicTime::max();
  bool timed_out_ = false;
  bool watching_ = false;

  Progress progress_ = Progress::nothing_sent;
  int minor_version_ = 1;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> announced_;  // bytes of the body still to come
};

}  // namespace keypool::http
