#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <keypool/clock.h>

#include "http/answer.h"
#include "http/header.h"

namespace keypool::http {

/// One request, as views that live until its handler is done.
struct Request {
  std::string_view method;
  std::string_view target;  ///< as it came: path and query
  Headers headers;
  std::string_view body;

  [[nodiscard]] std::string_view path() const noexcept;
  /// Without the `?`; empty when there is none.
  [[nodiscard]] std::string_view query() const noexcept;
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return find(headers, name);
  }
};

/// How an answer begins that is sent in pieces.
struct AnswerHead {
  int status = 200;
  Fields headers = {};
  /// Bytes of the body, when known before; else it is sent chunked.
  std::optional<std::uint64_t> length = std::nullopt;
};

class Connection;

/// What a handler answers with. Either one `send`, or `begin`, any number of `write`s and `end`. A
/// handler that returns in the middle of an answer leaves the client with a broken one: the
/// connection is closed, never reused.
///
/// Members that send return false once the client is gone; nothing further will reach it then. A
/// client that closes its sending side counts as gone.
///
/// Two traps of g++ 12, both wrong code without a warning. It destroys a braced temporary in a
/// `co_await` expression twice: give an answer a name, or let a function return it, but never
/// `co_await responder.send({.status = 404})`. And it loses its place after a `co_await` with a
/// temporary in the condition of an `if`: never `if (!co_await responder.wait(1s))`, but
/// `const bool stayed = co_await responder.wait(1s); if (!stayed)`.
///
/// Lifetime: belongs to the session that called the handler, and ends with the call.
class Responder {
 public:
  explicit Responder(Connection& connection) noexcept : connection_(connection) {}
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  boost::asio::awaitable<bool> send(Answer answer);
  boost::asio::awaitable<bool> begin(AnswerHead head);
  /// `piece` must stay valid until the call is done. An empty piece sends nothing.
  boost::asio::awaitable<bool> write(std::string_view piece);
  boost::asio::awaitable<bool> end();

  /// Waits; false, and at once, when the client leaves meanwhile.
  boost::asio::awaitable<bool> wait(std::chrono::nanoseconds duration);

  /// Says nothing more and waits until the client leaves or the server stops.
  boost::asio::awaitable<void> stall();

  /// Sends bytes that need not be HTTP, before anything else was sent; then the connection closes.
  boost::asio::awaitable<bool> send_raw(std::string_view bytes);

  /// Takes the connection out of HTTP, before anything was sent: what is spoken on it is the
  /// handler's business from now on. It closes when the handler returns.
  [[nodiscard]] boost::asio::ip::tcp::socket& take_over() noexcept;

  /// Ends the connection with a reset instead of an orderly close.
  void reset() noexcept;

 private:
  Connection& connection_;
};

/// Answers one request. A function object whose call operator is a coroutine; it is kept as long as
/// any session runs, so its members may be used throughout, but captures of a temporary lambda die
/// too early on g++ 12: write a named class. The request and the responder belong to the awaiting
/// session. What it throws ends its session alone: with a 500 when nothing has been sent yet.
using Handler =
    std::function<boost::asio::awaitable<void>(const Request& request, Responder& responder)>;

/// Bounds on what a server takes.
struct ServerOptions {
  std::size_t head_bytes = 64 * 1024;              ///< request heads; 431 above
  std::uint64_t body_bytes = 64ull * 1024 * 1024;  ///< request bodies; 413 above
  std::chrono::milliseconds head_time{30'000};  ///< from a head's first byte to its last; 408 after
  std::chrono::milliseconds body_time{60'000};  ///< for a request's body to arrive; 408 after
  std::chrono::milliseconds idle_time{60'000};  ///< between two requests on one connection
  std::chrono::milliseconds write_time{60'000};  ///< for a client to take one piece
  /// Told what a handler threw; empty: nobody.
  std::function<void(std::string_view what)> on_error = {};
};

/// A small HTTP/1.1 server for the project's own pages, APIs and simulations; the gateway's data
/// path is another thing, but reads requests by the same rules (head.h). Keep-alive,
/// `Expect: 100-continue`, chunked answers.
///
///     asio::io_context io;
///     http::Server server{io, Hello{}, system_clock()};
///     if (auto listening = server.listen("127.0.0.1", 0); !listening) return
///     complain(listening.error()); io.run();  // until stop()
///
/// Threads: the io_context must be run by one thread only; handlers run there.
/// Thread-safety: `stop`, `sessions` and `port` from any thread, `listen` once.
/// Lifetime: must outlive the run of its io_context.
class Server {
 public:
  /// Deadlines are by `clock`; it and the io_context must outlive the server.
  Server(boost::asio::io_context& io, Handler handler, const Clock& clock,
         ServerOptions options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Binds, listens and begins to accept. Port 0: any free one. Returns the port in use, or why the
  /// address could not be had ("cannot listen on 127.0.0.1:8081: Address already in use").
  [[nodiscard]] std::expected<std::uint16_t, std::string> listen(std::string_view host,
                                                                 std::uint16_t port);

  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Connections open now.
  [[nodiscard]] std::size_t sessions() const noexcept;

  /// Accepts no more and ends every session, whatever its handler waits for. Returns at once;
  /// `io_context::run` returns when all have ended, if nothing else runs there.
  void stop();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace keypool::http
