#include "cli/probe.h"

#include <algorithm>
#include <csignal>
#include <expected>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <keypool/clock.h>

#include "cli/figures.h"
#include "gateway/request_head.h"
#include "gateway/tls.h"
#include "provider/limit_headers.h"
#include "provider/probe.h"
#include "secrets/wiped_text.h"

namespace keypool::cli {
namespace {

namespace asio = boost::asio;
namespace wire = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;
using Answer = wire::response<wire::string_body>;

/// A list of models takes no longer, whatever a call to a model may.
constexpr milliseconds kLongestAnswer{15'000};

/// A list of models may be long; what is judged stands at its beginning.
constexpr std::uint64_t kLargestBody = 8 * 1024 * 1024;

/// A socket that is closed when its time is up, whatever it waits for.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  explicit Socket(asio::io_context& io) : stream(io), timer_(io) {}

  void expire_after(milliseconds time) {
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
    stream.close(ignored);
    timer_.cancel();
  }

  tcp::socket stream;
  bool expired = false;

 private:
  asio::steady_timer timer_;
};

/// The request, which holds the secret: it is wiped when it ends.
secrets::WipedText request_of(const Candidate& candidate, const provider::Probe& probe) {
  const config::BaseUrl& url = candidate.endpoint->base_url;
  std::string head = fmt::format("{} {}{} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
                                 probe.method, url.prefix, probe.target, gateway::authority(url));
  head += "accept: application/json\r\nuser-agent: keypool/" KEYPOOL_VERSION "\r\n";
  for (const http::Header& header : probe.headers) {
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (probe.method == "POST") head += "content-length: 0\r\n";
  if (candidate.secret.empty()) return secrets::WipedText(head + "\r\n");

  const auto place = provider::credential_place(candidate.endpoint->dialect, probe.target);
  head += fmt::format("{}: {}", place.header, place.prefix);
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::string_view secret = candidate.secret.reveal();
  secrets::WipedText request(head.size() + secret.size() + kEnd.size());
  char* at = std::ranges::copy(head, request.data()).out;
  at = std::ranges::copy(secret, at).out;
  std::ranges::copy(kEnd, at);
  return request;
}

template <class Stream>
asio::awaitable<std::expected<Answer, std::string>> ask(Stream& stream, std::string_view request) {
  error_code ec;
  co_await asio::async_write(stream, asio::buffer(request),
                             asio::redirect_error(asio::use_awaitable, ec));
  boost::beast::flat_buffer buffer;
  wire::response_parser<wire::string_body> parser;
  parser.body_limit(kLargestBody);
  co_await wire::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, ec));
  // Some servers close without a farewell; what came before is no less true.
  if (ec && !parser.is_header_done()) co_return std::unexpected(ec.message());
  co_return parser.release();
}

/// Why a handshake failed.
std::string handshake_trouble(SSL* ssl, const error_code& ec) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_OK) return ec.message();
  return fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified));
}

/// Connects, shakes hands, asks. `socket` is the awaiter's.
asio::awaitable<std::expected<Answer, std::string>> exchange(Socket& socket,
                                                             const Candidate& candidate,
                                                             const provider::Probe& probe,
                                                             const gateway::TlsClient& tls,
                                                             milliseconds answer_time) {
  const config::BaseUrl& url = candidate.endpoint->base_url;
  error_code ec;
  tcp::resolver resolver(socket.stream.get_executor());
  const auto found = co_await resolver.async_resolve(url.host, std::to_string(url.port),
                                                     asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return std::unexpected(fmt::format("no address found for {}", url.host));
  if (socket.expired) co_return std::unexpected(std::string());
  co_await asio::async_connect(socket.stream, found, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return std::unexpected(fmt::format("{}: {}", gateway::authority(url), ec.message()));

  const auto request = request_of(candidate, probe);
  if (!url.tls) {
    socket.expire_after(answer_time);
    co_return co_await ask(socket.stream, request.view());
  }
  // The stream reads and writes for it, so that it needs no socket of its own.
  constexpr int kNoSocket = -1;
  asio::ssl::stream<tcp::socket&> secure(socket.stream,
                                         tls.begin(url.host, kNoSocket, nullptr).release());
  co_await secure.async_handshake(asio::ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, ec));
  if (ec) {
    co_return std::unexpected(fmt::format("{}: {}", gateway::authority(url),
                                          handshake_trouble(secure.native_handle(), ec)));
  }
  socket.expire_after(answer_time);
  co_return co_await ask(secure, request.view());
}

Finding finding_of(provider::VerdictKind kind) {
  using provider::VerdictKind;
  switch (kind) {
    case VerdictKind::success:
      return Finding::good;
    case VerdictKind::throttled:
      return Finding::throttled;
    case VerdictKind::depleted:
      return Finding::depleted;
    case VerdictKind::bad_key:
      return Finding::bad_key;
    case VerdictKind::no_model_access:
      return Finding::no_access;
    case VerdictKind::overloaded:
      return Finding::overloaded;
    case VerdictKind::server_error:
      return Finding::server_error;
    case VerdictKind::request_fault:
      return Finding::wrong_request;
  }
  return Finding::wrong_request;
}

/// What the provider's answer says.
Probed judged(const Candidate& candidate, const Answer& answer) {
  const provider::Dialect dialect = candidate.endpoint->dialect;
  const std::string& host = candidate.endpoint->base_url.host;
  std::vector<http::Header> headers;
  for (const auto& field : answer) {
    headers.push_back({{field.name_string().data(), field.name_string().size()},
                       {field.value().data(), field.value().size()}});
  }
  const int status = static_cast<int>(answer.result_int());
  const auto verdict =
      provider::judge_probe(dialect, host, {.status = status, .headers = headers, .host = host},
                            answer.body(), system_clock().wall());
  const auto told = provider::read_limit_headers(dialect, headers);
  Probed probed{.finding = finding_of(verdict.kind),
                .status = status,
                .why = verdict.reason,
                .organization = std::string(told.account.empty() ? verdict.account : told.account),
                .limits = {told.notices().begin(), told.notices().end()},
                .retry_after = verdict.retry_after};
  if (probed.finding == Finding::wrong_request) {
    probed.why = fmt::format("it answered {}; is base_url right?", status);
  } else if (probed.finding == Finding::good) {
    probed.why.clear();
  }
  return probed;
}

/// The calls under way, all on the thread that waits for them.
class Round {
 public:
  Round(const std::vector<Candidate>& candidates, const ProbeOptions& options)
      : candidates_(candidates), options_(options), results_(candidates.size()) {}

  std::optional<std::vector<Probed>> run() {
    asio::signal_set stop(io_, SIGINT, SIGTERM);
    stop.async_wait([this](error_code ec, int) {
      if (ec) return;
      stopped_ = true;
      io_.stop();
    });
    running_ = std::min(std::max<std::size_t>(options_.at_a_time, 1), candidates_.size());
    for (std::size_t i = 0; i < running_; ++i) {
      auto ended = [this, &stop](std::exception_ptr thrown) {
        if (thrown && !thrown_) thrown_ = thrown;
        if (--running_ == 0) stop.cancel();
      };
      asio::co_spawn(io_, asker(), ended);
    }
    if (running_ > 0) io_.run();
    if (thrown_) std::rethrow_exception(thrown_);
    if (stopped_) return std::nullopt;
    return std::move(results_);
  }

 private:
  /// Takes one candidate after another until none is left.
  asio::awaitable<void> asker() {
    while (next_ < candidates_.size()) {
      const std::size_t place = next_++;
      results_[place] = co_await probe(candidates_[place]);
      ++done_;
      if (options_.on_progress) options_.on_progress(done_);
    }
  }

  asio::awaitable<Probed> probe(const Candidate& candidate) {
    const config::Endpoint& endpoint = *candidate.endpoint;
    const auto call = provider::probe_of(endpoint.dialect, endpoint.base_url.host);
    if (!call) {
      co_return Probed{.why = "no token-free call is known for a generic endpoint"};
    }
    const milliseconds answer_time = std::min(options_.limits.first_byte_time, kLongestAnswer);
    const Clock& clock = system_clock();
    const MonotonicTime start = clock.now();
    const auto socket = std::make_shared<Socket>(io_);
    socket->expire_after(options_.limits.connect_time);
    const auto answer = co_await exchange(*socket, candidate, *call, tls_, answer_time);
    socket->close();
    Probed probed;
    if (answer) {
      probed = judged(candidate, *answer);
    } else {
      probed.finding = Finding::unreachable;
      probed.why = answer.error();
    }
    probed.took = std::chrono::duration_cast<milliseconds>(clock.now() - start);
    if (socket->expired) {
      probed.finding = Finding::unreachable;
      probed.why = fmt::format("no answer within {}", duration_text(probed.took));
    }
    co_return probed;
  }

  const std::vector<Candidate>& candidates_;
  const ProbeOptions& options_;
  gateway::TlsClient tls_;
  std::vector<Probed> results_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::size_t running_ = 0;
  bool stopped_ = false;
  std::exception_ptr thrown_;
  asio::io_context io_{1};  // last: what it still holds refers to the others
};

}  // namespace

std::string_view to_string(Finding finding) noexcept {
  switch (finding) {
    case Finding::good:
      return "good";
    case Finding::throttled:
      return "throttled";
    case Finding::depleted:
      return "depleted";
    case Finding::bad_key:
      return "bad_key";
    case Finding::no_access:
      return "no_access";
    case Finding::overloaded:
      return "overloaded";
    case Finding::server_error:
      return "server_error";
    case Finding::wrong_request:
      return "wrong_request";
    case Finding::unreachable:
      return "unreachable";
    case Finding::not_asked:
      return "not_asked";
  }
  return "";
}

bool bad(Finding finding) noexcept {
  return finding != Finding::good && finding != Finding::throttled && finding != Finding::not_asked;
}

std::optional<std::vector<Probed>> probe_all(const std::vector<Candidate>& candidates,
                                             const ProbeOptions& options) {
  return Round(candidates, options).run();
}

}  // namespace keypool::cli
