#include "http/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <list>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

namespace keypool::http {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using TimePoint = asio::steady_timer::time_point;
using Parser = wire::request_parser<wire::string_body>;

constexpr TimePoint kNoDeadline = TimePoint::max();

/// What a rejected client may still send before its connection is cut: enough that it finds the
/// answer instead of a reset.
constexpr std::size_t kLingerBytes = 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{2};

/// How long to rest when the process is out of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{50};

constexpr int kBacklog = 4096;

enum class Progress {
  nothing_sent,
  in_body,
  finished,
  broken,  ///< the client is gone, or must not mistake what it has for a whole answer
};

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

}  // namespace

/// One client's connection, with how far its current answer has come.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const ServerOptions& options)
      : socket_(std::move(socket)), pause_(socket_.get_executor()), options_(options) {}

  /// Begins a new exchange.
  void expect_answer(unsigned version, bool keep_alive, bool head_only) {
    progress_ = Progress::nothing_sent;
    version_ = version;
    keep_alive_ = keep_alive;
    head_only_ = head_only;
  }

  /// Waiting socket operations end when `time` is over.
  void set_deadline(std::chrono::milliseconds time) {
    due_ = std::chrono::steady_clock::now() + time;
    timed_out_ = false;
  }
  void clear_deadline() { due_ = kNoDeadline; }

  void enforce_deadline(TimePoint now) {
    if (now < due_) return;
    clear_deadline();
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }

  [[nodiscard]] bool timed_out() const { return timed_out_; }
  [[nodiscard]] Progress progress() const { return progress_; }
  [[nodiscard]] bool reusable() const { return keep_alive_ && progress_ == Progress::finished; }
  [[nodiscard]] tcp::socket& socket() { return socket_; }
  [[nodiscard]] boost::beast::flat_buffer& buffer() { return buffer_; }
  [[nodiscard]] const ServerOptions& options() const { return options_; }

  asio::awaitable<bool> send_whole(Answer answer) {
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

  asio::awaitable<bool> send_status(int status) {
    Answer answer{.status = status};
    return send_whole(std::move(answer));
  }

  asio::awaitable<bool> begin(AnswerHead answer) {
    if (progress_ != Progress::nothing_sent) co_return false;
    std::string head = start_head(answer.status, answer.headers);
    chunked_ = false;
    announced_ = answer.length;
    if (announced_) {
      append_length(head, *announced_);
    } else if (version_ >= 11) {
      chunked_ = true;
      append_line(head, "transfer-encoding", "chunked");
    } else {
      keep_alive_ = false;  // the end of the connection is the end of the body
    }
    head.append("\r\n");
    progress_ = Progress::in_body;
    co_return co_await put(buffer_of(head));
  }

  asio::awaitable<bool> write(std::string_view piece) {
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

  asio::awaitable<bool> end() {
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

  asio::awaitable<bool> wait(std::chrono::nanoseconds duration) {
    if (progress_ == Progress::broken) co_return false;
    watch_for_hang_up();
    pause_.expires_after(duration);
    error_code ignored;
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return progress_ != Progress::broken;
  }

  asio::awaitable<void> stall() {
    clear_deadline();
    error_code ec;
    std::array<char, 4096> unread;
    while (!ec) {
      co_await socket_.async_read_some(asio::buffer(unread),
                                       asio::redirect_error(asio::use_awaitable, ec));
    }
    progress_ = Progress::broken;
  }

  asio::awaitable<bool> send_raw(std::string_view bytes) {
    if (progress_ != Progress::nothing_sent) co_return false;
    const bool sent = co_await put(buffer_of(bytes));
    progress_ = Progress::broken;
    co_return sent;
  }

  void reset() noexcept {
    progress_ = Progress::broken;
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  void close() noexcept {
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
  }

  /// Lets a client read the last answer before the connection ends: closing while it still sends
  /// would reset the connection, and the answer with it.
  asio::awaitable<void> linger() {
    error_code ec;
    socket_.shutdown(tcp::socket::shutdown_send, ec);
    set_deadline(kLingerTime);
    std::array<char, 4096> unread;
    for (std::size_t total = 0; !ec && total < kLingerBytes;) {
      total += co_await socket_.async_read_some(asio::buffer(unread),
                                                asio::redirect_error(asio::use_awaitable, ec));
    }
  }

 private:
  [[nodiscard]] std::string start_head(int status, const Fields& headers) const {
    std::array<char, 20> digits;
    std::string head;
    head.reserve(512);
    head.append(version_ >= 11 ? "HTTP/1.1 " : "HTTP/1.0 ");
    head.append(decimal(static_cast<std::uint64_t>(status), digits)).append(" ");
    head.append(std::string_view(
        wire::obsolete_reason(wire::int_to_status(static_cast<unsigned>(status)))));
    head.append("\r\n");
    for (const Field& field : headers) append_line(head, field.name, field.value);
    if (!keep_alive_) append_line(head, "connection", "close");
    return head;
  }

  static void append_length(std::string& head, std::uint64_t length) {
    std::array<char, 20> digits;
    append_line(head, "content-length", decimal(length, digits));
  }

  template <typename Buffers>
  asio::awaitable<bool> put(Buffers buffers) {
    set_deadline(options_.write_time);
    error_code ec;
    co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, ec));
    clear_deadline();
    if (ec) progress_ = Progress::broken;
    co_return !ec;
  }

  /// A client that leaves makes its socket readable. One that sends its next request early does so
  /// too; then nobody watches until the next wait.
  void watch_for_hang_up() {
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

  tcp::socket socket_;
  asio::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  const ServerOptions& options_;
  TimePoint due_ = kNoDeadline;
  bool timed_out_ = false;
  bool watching_ = false;

  Progress progress_ = Progress::nothing_sent;
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  std::optional<std::uint64_t> announced_;  ///< bytes of the body still to come
};

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
void Responder::reset() noexcept { connection_.reset(); }

class Server::State : public std::enable_shared_from_this<Server::State> {
 public:
  State(asio::io_context& io, Handler handler, ServerOptions options)
      : io_(io),
        handler_(std::move(handler)),
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
    session->connection = std::make_shared<Connection>(std::move(socket), options_);
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
      const auto now = std::chrono::steady_clock::now();
      for (const auto& session : self->sessions_) session->connection->enforce_deadline(now);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<State> self,
                                     std::shared_ptr<Connection> connection) {
    while (!self->stopped_) {
      Parser parser;
      const int refusal = co_await read_request(*connection, parser);
      if (refusal == kNoRequest) co_return;
      if (refusal != kGoodRequest) {
        connection->expect_answer(11, false, false);
        const bool sent = co_await connection->send_status(refusal);
        if (sent) co_await connection->linger();
        co_return;
      }
      co_await answer(*self, *connection, parser.get());
      if (!connection->reusable()) {
        if (connection->progress() == Progress::finished) co_await connection->linger();
        co_return;
      }
    }
  }

  static constexpr int kGoodRequest = 0;
  static constexpr int kNoRequest = -1;  ///< the client left, or said nothing at all

  /// Reads one request; otherwise the status to refuse it with.
  static asio::awaitable<int> read_request(Connection& connection, Parser& parser) {
    const ServerOptions& options = connection.options();
    auto& buffer = connection.buffer();
    error_code ec;
    parser.header_limit(static_cast<std::uint32_t>(options.head_bytes));
    parser.body_limit(options.body_bytes);

    if (buffer.size() == 0) {
      connection.set_deadline(options.idle_time);
      buffer.commit(co_await connection.socket().async_read_some(
          buffer.prepare(4096), asio::redirect_error(asio::use_awaitable, ec)));
      if (ec) co_return kNoRequest;
    }
    connection.set_deadline(options.head_time);
    co_await wire::async_read_header(connection.socket(), buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return refusal(connection, ec);

    if (same_name(std::string_view(parser.get()[wire::field::expect]), "100-continue")) {
      co_await asio::async_write(connection.socket(),
                                 asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                                 asio::redirect_error(asio::use_awaitable, ec));
      if (ec) co_return kNoRequest;
    }
    connection.set_deadline(options.body_time);
    co_await wire::async_read(connection.socket(), buffer, parser,
                              asio::redirect_error(asio::use_awaitable, ec));
    connection.clear_deadline();
    co_return ec ? refusal(connection, ec) : kGoodRequest;
  }

  static int refusal(const Connection& connection, error_code ec) {
    if (connection.timed_out()) return 408;
    if (ec == wire::error::header_limit) return 431;
    if (ec == wire::error::body_limit) return 413;
    if (ec == wire::error::end_of_stream || ec == wire::error::partial_message) return kNoRequest;
    if (ec.category() == make_error_code(wire::error::bad_method).category()) return 400;
    return kNoRequest;
  }

  static asio::awaitable<void> answer(State& self, Connection& connection,
                                      const Parser::value_type& message) {
    std::vector<Header> headers;
    headers.reserve(32);
    for (const auto& field : message) headers.push_back({field.name_string(), field.value()});
    const Request request{.method = message.method_string(),
                          .target = message.target(),
                          .headers = headers,
                          .body = message.body()};
    connection.expect_answer(message.version(), message.keep_alive() && !self.stopped_,
                             message.method() == wire::verb::head);

    std::exception_ptr thrown;
    try {
      Responder responder(connection);
      co_await self.handler_(request, responder);
    } catch (...) {
      thrown = std::current_exception();
    }
    if (connection.progress() == Progress::nothing_sent && !self.stopped_) {
      co_await connection.send_status(500);
    }
    if (thrown) std::rethrow_exception(thrown);
  }

  asio::io_context& io_;
  const Handler handler_;
  const ServerOptions options_;
  std::atomic<std::uint16_t> port_ = 0;
  std::atomic<std::size_t> session_count_ = 0;

  // Used on the io_context's thread only.
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_;
  std::list<std::shared_ptr<Session>> sessions_;
  bool stopped_ = false;
};

Server::Server(asio::io_context& io, Handler handler, ServerOptions options)
    : state_(std::make_shared<State>(io, std::move(handler), std::move(options))) {}

Server::~Server() = default;

std::expected<std::uint16_t, std::string> Server::listen(std::string_view host,
                                                         std::uint16_t port) {
  return state_->listen(host, port);
}

std::uint16_t Server::port() const noexcept { return state_->port(); }

std::size_t Server::sessions() const noexcept { return state_->session_count(); }

void Server::stop() { state_->stop(); }

}  // namespace keypool::http
