#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/connection.h"
#include "http/request_reader.h"

namespace keypool::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

/// How long to rest when the process is out of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{50};

constexpr int kBacklog = 4096;

}  // namespace

std::string_view Request::path() const noexcept { return target.substr(0, target.find('?')); }

std::string_view Request::query() const noexcept {
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

asio::awaitable<bool> Responder::send(Answer answer) {
  return connection_.send_whole(std::move(answer));
}
asio::awaitable<bool> Responder::begin(AnswerHead head) {
  return connection_.begin(std::move(head));
}
asio::awaitable<bool> Responder::write(std::string_view piece) { return connection_.write(piece); }
asio::awaitable<bool> Responder::end() { return connection_.end(); }
asio::awaitable<bool> Responder::wait(std::chrono::nanoseconds duration) {
  return connection_.wait(duration);
}
asio::awaitable<void> Responder::stall() { return connection_.stall(); }
asio::awaitable<bool> Responder::send_raw(std::string_view bytes) {
  return connection_.send_raw(bytes);
}
tcp::socket& Responder::take_over() noexcept { return connection_.take_over(); }
void Responder::reset() noexcept { connection_.reset(); }

class Server::State : public std::enable_shared_from_this<Server::State> {
 public:
  State(asio::io_context& io, Handler handler, const Clock& clock, ServerOptions options)
      : io_(io),
        handler_(std::move(handler)),
        clock_(clock),
        options_(std::move(options)),
        acceptor_(io),
        sweep_(io) {}

  std::expected<std::uint16_t, std::string> listen(std::string_view host, std::uint16_t port) {
    error_code ec;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
    if (!ec) ec = bind({address, port});
    if (ec) {
      acceptor_.close();
      const std::string shown =
          host.find(':') == host.npos ? std::string(host) : "[" + std::string(host) + "]";
      return std::unexpected("cannot listen on " + shown + ":" + std::to_string(port) + ": " +
                             ec.message());
    }
    port_ = acceptor_.local_endpoint().port();
    start(accept_all(shared_from_this()));
    start(enforce_deadlines(shared_from_this()));
    return port_;
  }

  void stop() {
    auto end_all = [self = shared_from_this()] {
      self->stopped_ = true;
      error_code ignored;
      self->acceptor_.close(ignored);
      self->sweep_.cancel();
      const std::vector<std::shared_ptr<Session>> running(self->sessions_.begin(),
                                                          self->sessions_.end());
      for (const auto& session : running) {
        session->cancel.emit(asio::cancellation_type::terminal);
        session->connection->close();
      }
    };
    asio::post(io_, std::move(end_all));
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::size_t session_count() const noexcept { return session_count_; }

 private:
  struct Session {
    std::shared_ptr<Connection> connection;
    asio::cancellation_signal cancel;
  };

  error_code bind(const tcp::endpoint& where) {
    error_code ec;
    acceptor_.open(where.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(where, ec);
    if (!ec) acceptor_.listen(kBacklog, ec);
    return ec;
  }

  void report(std::exception_ptr thrown) const {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      if (!stopped_ && options_.on_error) options_.on_error(error.what());
    } catch (...) {
      if (options_.on_error) options_.on_error("not a std::exception");
    }
  }

  void start(asio::awaitable<void> task) {
    auto done = [self = shared_from_this()](std::exception_ptr thrown) { self->report(thrown); };
    asio::co_spawn(io_, std::move(task), std::move(done));
  }

  void open_session(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    auto session = std::make_shared<Session>();
    session->connection = std::make_shared<Connection>(std::move(socket), options_, clock_);
    const auto place = sessions_.insert(sessions_.end(), session);
    ++session_count_;

    auto done = [self = shared_from_this(), place](std::exception_ptr thrown) {
      self->report(thrown);
      (*place)->connection->close();
      self->sessions_.erase(place);
      --self->session_count_;
    };
    asio::co_spawn(io_, serve(shared_from_this(), session->connection),
                   asio::bind_cancellation_slot(session->cancel.slot(), std::move(done)));
  }

  static asio::awaitable<void> accept_all(std::shared_ptr<State> self) {
    asio::steady_timer pause(self->io_);
    while (self->acceptor_.is_open()) {
      error_code ec;
      tcp::socket socket =
          co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) {
        self->open_session(std::move(socket));
      } else if (ec == asio::error::no_descriptors || ec == asio::error::no_memory ||
                 ec == asio::error::no_buffer_space) {
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(asio::use_awaitable);
      }
    }
  }

  /// One timer for all connections: a deadline is a number in its connection, so that setting one
  /// costs nothing.
  static asio::awaitable<void> enforce_deadlines(std::shared_ptr<State> self) {
    const ServerOptions& options = self->options_;
    const auto shortest =
        std::min({options.head_time, options.body_time, options.idle_time, options.write_time});
    const auto interval =
        std::clamp(shortest / 4, std::chrono::milliseconds(1), std::chrono::milliseconds(500));
    while (!self->stopped_) {
      self->sweep_.expires_after(interval);
      error_code ec;
      co_await self->sweep_.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      const auto now = self->clock_.now();
      for (const auto& session : self->sessions_) session->connection->enforce_deadline(now);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<State> self,
                                     std::shared_ptr<Connection> connection) {
    Incoming incoming;
    while (!self->stopped_) {
      const auto read = co_await read_request(*connection, incoming);
      if (read && !*read) co_return;
      if (!read) {
        connection->expect_answer(1, false, false);
        const bool sent = co_await connection->send_status(read.error().status);
        if (sent) co_await connection->linger();
        co_return;
      }
      co_await answer(*self, *connection, incoming);
      if (!connection->reusable()) {
        if (connection->progress() == Connection::Progress::finished) co_await connection->linger();
        co_return;
      }
    }
  }

  static asio::awaitable<void> answer(State& self, Connection& connection,
                                      const Incoming& incoming) {
    const Request request{.method = incoming.head.method(),
                          .target = incoming.head.target(),
                          .headers = incoming.head.headers(),
                          .body = incoming.body};
    connection.expect_answer(incoming.head.minor_version(),
                             incoming.head.keeps_alive() && !self.stopped_,
                             incoming.head.method() == "HEAD");

    std::exception_ptr thrown;
    try {
      Responder responder(connection);
      co_await self.handler_(request, responder);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (connection.progress() == Connection::Progress::nothing_sent && !self.stopped_) {
      co_await connection.send_status(500);
    }
    if (thrown) std::rethrow_exception(thrown);
  }

  asio::io_context& io_;
  const Handler handler_;
  const Clock& clock_;
  const ServerOptions options_;
  std::atomic<std::uint16_t> port_ = 0;
  std::atomic<std::size_t> session_count_ = 0;

  // Used on the io_context's thread only.
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_;
  std::list<std::shared_ptr<Session>> sessions_;
  bool stopped_ = false;
};

Server::Server(asio::io_context& io, Handler handler, const Clock& clock, ServerOptions options)
    : state_(std::make_shared<State>(io, std::move(handler), clock, std::move(options))) {}

Server::~Server() = default;

std::expected<std::uint16_t, std::string> Server::listen(std::string_view host,
                                                         std::uint16_t port) {
  return state_->listen(host, port);
}

std::uint16_t Server::port() const noexcept { return state_->port(); }

std::size_t Server::sessions() const noexcept { return state_->session_count(); }

void Server::stop() { state_->stop(); }

}  // namespace keypool::http
