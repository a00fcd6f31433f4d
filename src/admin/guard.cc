#include "admin/guard.h"

#include <algorithm>

#include <fmt/format.h>

#include "admin/json_answer.h"

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

bool made_by_browser(const http::Request& request) {
  return request.header("origin") || request.header("sec-fetch-site");
}

bool says_json(std::string_view content_type) {
  return http::same_name(content_type.substr(0, content_type.find(';')), "application/json");
}

bool could_be_a_form(const http::Request& request) {
  const auto content_type = request.header("content-type");
  return content_type ? !says_json(*content_type) : made_by_browser(request);
}

}  // namespace

std::optional<http::Answer> refusal(const http::Request& request, const config::Listen& listen) {
  const auto authority = only_host(request.headers);
  if (!authority) return error_answer(400, "bad_request", "expected exactly one Host header");

  if (listen.loopback() && !config::Listen{host_of(*authority), 0}.loopback()) {
    return error_answer(403, "forbidden_host",
                        "the admin API answers to localhost or a loopback address, not to the host "
                        "name this request was made for");
  }
  if (!changes_something(request.method)) return std::nullopt;
  if (from_another_origin(request, *authority)) {
    return error_answer(403, "forbidden_origin",
                        "a page of another origin may not change anything here");
  }
  if (could_be_a_form(request)) {
    return error_answer(415, "unsupported_media_type",
                        "what changes something is sent as content-type: application/json");
  }
  return std::nullopt;
}

http::Fields protective_headers() {
  return {{"cache-control", "no-store"},
          {"x-content-type-options", "nosniff"},
          {"referrer-policy", "no-referrer"},
          {"cross-origin-resource-policy", "same-origin"},
          {"cross-origin-opener-policy", "same-origin"},
          {"content-security-policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
           "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
           "require-trusted-types-for 'script'; trusted-types 'none'"}};
}

}  // namespace keypool::admin
