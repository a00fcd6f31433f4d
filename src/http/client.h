#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "http/answer.h"

namespace keypool::http {

/// One request to send, on a connection of its own.
struct Fetch {
  std::string host = "127.0.0.1";  ///< IPv6 without brackets
  std::uint16_t port = 80;
  std::string method = "GET";
  std::string target = "/";
  Fields headers = {};  ///< `host`, `content-length` and `connection` are set by the client
  std::string body = {};

  /// For all of it from connecting on, but not for the look-up of a host's name. 0: no limit.
  std::chrono::milliseconds deadline{30'000};

  /// Bodies held whole may not be larger than this.
  std::size_t max_body_bytes = 64 * 1024 * 1024;

  /// When set, is given the body as it comes instead of collecting it; returns false to hang up,
  /// which is no error.
  std::function<bool(std::string_view piece)> on_body = {};

  /// When set, is told status and headers as soon as they are there (the body is still empty).
  std::function<void(const Answer& head)> on_head = {};
};

enum class FetchErrorKind {
  unreachable,  ///< no such host, connection refused: nothing was sent
  timed_out,    ///< the deadline passed
  broken,       ///< the connection ended before the answer did
  malformed,    ///< what came is not HTTP
  too_large,    ///< the body is above max_body_bytes
};

/// Why there is no whole answer.
struct FetchError {
  FetchErrorKind kind;
  std::string message;  ///< one line with the address: "connection refused: 127.0.0.1:8081"
};

/// Sends one request and reads its answer, whatever its status. Copies `fetch`, which therefore
/// must have a name: g++ 12 destroys a braced temporary in a `co_await` expression twice.
[[nodiscard]] boost::asio::awaitable<std::expected<Answer, FetchError>> async_fetch(
    const Fetch& fetch);
boost::asio::awaitable<std::expected<Answer, FetchError>> async_fetch(Fetch&& fetch) = delete;

/// The same for callers without an io_context: blocks the calling thread.
[[nodiscard]] std::expected<Answer, FetchError> fetch(Fetch fetch);

}  // namespace keypool::http
