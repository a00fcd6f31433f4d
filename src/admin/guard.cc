#include "admin/guard.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace keypool::admin {
namespace {

/// `[::1]:8081` as `::1`, `LOCALHOST:8081` as `localhost`.
std::string host_of(std::string_view authority) {
  std::size_t begin = 0;
  std::size_t end = authority.find(':');
  if (authority.starts_with('[')) {
    begin = 1;
    end = authority.find(']');
    if (end == std::string_view::npos) return {};
  }
  std::string host(authority.substr(begin, end - begin));
  std::ranges::transform(host, host.begin(), [](char c) {
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return host;
}

/// The one `Host`; nothing when there is none or more than one.
std::optional<std::string_view> only_host(http::Headers headers) {
  std::optional<std::string_view> host;
  for (const http::Header& header : headers) {
    if (!http::same_name(header.name, "host")) continue;
    if (host) return std::nullopt;
    host = header.value;
  }
  return host;
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool from_another_origin(const http::Request& request, std::string_view authority) {
  if (const auto origin = request.header("origin")) {
    return !http::same_name(*origin, fmt::format("http://{}", authority));
  }
  const auto site = request.header("sec-fetch-site");
  return site && *site != "same-origin" && *site != "none";
}

}  // namespace

http::Answer error_answer(int status, std::string_view code, std::string_view message) {
  const nlohmann::json body{{"error", {{"code", code}, {"message", message}}}};
  return {.status = status,
          .headers = {{"content-type", "application/json"}},
          .body = body.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

std::optional<http::Answer> refusal(const http::Request& request, const config::Listen& listen) {
  const auto authority = only_host(request.headers);
  if (!authority) return error_answer(400, "bad_request", "expected exactly one Host header");

  const std::string host = host_of(*authority);
  if (!config::Listen{host, 0}.loopback() && host != listen.host) {
    return error_answer(403, "forbidden_host",
                        fmt::format("the admin API answers to localhost, a loopback address or {}, "
                                    "not to the host name this request was made for",
                                    listen.host));
  }
  if (changes_something(request.method) && from_another_origin(request, *authority)) {
    return error_answer(403, "forbidden_origin",
                        "a page of another origin may not change anything here");
  }
  return std::nullopt;
}

}  // namespace keypool::admin
