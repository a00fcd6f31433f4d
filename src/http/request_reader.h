#pragma once

#include <expected>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "http/connection.h"
#include "http/head.h"

namespace keypool::http {

/// A request as it came.
struct Incoming {
  RequestHead head;
  std::string body;
};

/// Reads the next request. False: the client has left, or said nothing at all. `connection` and
/// `incoming` are the awaiter's.
[[nodiscard]] boost::asio::awaitable<std::expected<bool, Refusal>> read_request(
    Connection& connection, Incoming& incoming);

}  // namespace keypool::http
