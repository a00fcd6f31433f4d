#include "http/client.h"

#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

namespace keypool::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Parser = wire::response_parser<wire::buffer_body>;

constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr std::uint32_t kHeadBytes = 256 * 1024;

/// A connection that is cut when its deadline comes, whatever it waits for.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(const asio::any_io_executor& executor) : socket(executor), timer_(executor) {}

  void set_deadline(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    auto cut = [self = shared_from_this()](error_code ec) {
      if (ec) return;
      self->expired = true;
      self->close();
    };
    timer_.async_wait(std::move(cut));
  }

  void close() {
    error_code ignored;
    socket.close(ignored);
    timer_.cancel();
  }

  tcp::socket socket;
  bool expired = false;

 private:
  asio::steady_timer timer_;
};

std::string address_of(const Fetch& fetch) {
  const std::string host =
      fetch.host.find(':') == std::string::npos ? fetch.host : "[" + fetch.host + "]";
  return host + ":" + std::to_string(fetch.port);
}

std::unexpected<FetchError> failed(FetchErrorKind kind, std::string what, const Fetch& fetch) {
  if (!what.empty()) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  return std::unexpected(FetchError{kind, what + ": " + address_of(fetch)});
}

std::unexpected<FetchError> timed_out(const Fetch& fetch) {
  return failed(FetchErrorKind::timed_out,
                "no whole answer within " + std::to_string(fetch.deadline.count()) + " ms", fetch);
}

std::unexpected<FetchError> broken(error_code ec, std::string_view where, const Fetch& fetch) {
  const bool ours = ec.category() == make_error_code(wire::error::bad_version).category();
  if (ec == wire::error::end_of_stream || ec == wire::error::partial_message || !ours) {
    const std::string why = ours ? "the connection ended" : ec.message();
    return failed(FetchErrorKind::broken, why + " " + std::string(where), fetch);
  }
  return failed(FetchErrorKind::malformed, "what came is not HTTP (" + ec.message() + ")", fetch);
}

std::string request_head(const Fetch& fetch) {
  std::string text = fetch.method + " " + fetch.target + " HTTP/1.1\r\n";
  text.append("host: ").append(address_of(fetch)).append("\r\nconnection: close\r\n");
  for (const Field& field : fetch.headers) {
    text.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!fetch.body.empty() || fetch.method == "POST" || fetch.method == "PUT") {
    text.append("content-length: ").append(std::to_string(fetch.body.size())).append("\r\n");
  }
  return text.append("\r\n");
}

asio::awaitable<std::expected<void, FetchError>> connect(tcp::socket& socket, const Fetch& fetch) {
  error_code ec;
  const auto address = asio::ip::make_address(fetch.host, ec);
  if (!ec) {
    co_await socket.async_connect(tcp::endpoint(address, fetch.port),
                                  asio::redirect_error(asio::use_awaitable, ec));
  } else {
    tcp::resolver resolver(socket.get_executor());
    const auto found = co_await resolver.async_resolve(
        fetch.host, std::to_string(fetch.port), asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return failed(FetchErrorKind::unreachable, "no such host", fetch);
    co_await asio::async_connect(socket, found, asio::redirect_error(asio::use_awaitable, ec));
  }
  if (ec) co_return failed(FetchErrorKind::unreachable, ec.message(), fetch);
  socket.set_option(tcp::no_delay(true), ec);
  co_return std::expected<void, FetchError>{};
}

Answer head_of(const Parser& parser) {
  Answer answer{.status = static_cast<int>(parser.get().result_int())};
  for (const auto& field : parser.get()) {
    answer.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  return answer;
}

asio::awaitable<std::expected<Answer, FetchError>> read_answer(tcp::socket& socket,
                                                               const Fetch& fetch) {
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  error_code ec;
  do {  // past 1xx answers, which announce the real one
    parser.emplace();
    parser->header_limit(kHeadBytes);
    parser->body_limit(boost::none);
    parser->skip(fetch.method == "HEAD");
    co_await wire::async_read_header(socket, buffer, *parser,
                                     asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return broken(ec, "before an answer came", fetch);
  } while (parser->get().result_int() < 200);

  Answer answer = head_of(*parser);
  if (fetch.on_head) fetch.on_head(answer);

  std::array<char, kPieceBytes> piece;
  while (!parser->is_done()) {
    auto& body = parser->get().body();
    body.data = piece.data();
    body.size = piece.size();
    co_await wire::async_read_some(socket, buffer, *parser,
                                   asio::redirect_error(asio::use_awaitable, ec));
    const std::string_view came(piece.data(), piece.size() - body.size);
    if (fetch.on_body) {
      if (!came.empty() && !fetch.on_body(came)) co_return answer;
    } else if (answer.body.size() + came.size() > fetch.max_body_bytes) {
      co_return failed(
          FetchErrorKind::too_large,
          "the answer is larger than " + std::to_string(fetch.max_body_bytes) + " bytes", fetch);
    } else {
      answer.body.append(came);
    }
    if (ec && ec != wire::error::need_buffer) {
      co_return broken(ec, "in the middle of the answer", fetch);
    }
  }
  co_return answer;
}

asio::awaitable<std::expected<Answer, FetchError>> exchange_on(tcp::socket& socket,
                                                               const Fetch& fetch) {
  auto connected = co_await connect(socket, fetch);
  if (!connected) co_return std::unexpected(std::move(connected.error()));

  const std::string head = request_head(fetch);
  const std::array request{asio::buffer(head), asio::buffer(fetch.body)};
  error_code refused;  // by a server that answers before it has read all: look for its answer
  co_await asio::async_write(socket, request, asio::redirect_error(asio::use_awaitable, refused));
  co_return co_await read_answer(socket, fetch);
}

asio::awaitable<std::expected<Answer, FetchError>> exchange(Fetch fetch) {
  const auto executor = co_await asio::this_coro::executor;
  const auto connection = std::make_shared<Connection>(executor);
  if (fetch.deadline.count() > 0) connection->set_deadline(fetch.deadline);
  auto answer = co_await exchange_on(connection->socket, fetch);
  connection->close();
  if (!answer && connection->expired) co_return timed_out(fetch);
  co_return answer;
}

}  // namespace

asio::awaitable<std::expected<Answer, FetchError>> async_fetch(const Fetch& fetch) {
  return exchange(fetch);
}

std::expected<Answer, FetchError> fetch(Fetch fetch) {
  asio::io_context io(1);
  std::expected<Answer, FetchError> result;
  std::exception_ptr thrown;
  auto take = [&](std::exception_ptr error, std::expected<Answer, FetchError> came) {
    thrown = error;
    result = std::move(came);
  };
  asio::co_spawn(io, exchange(std::move(fetch)), take);
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return result;
}

}  // namespace keypool::http
