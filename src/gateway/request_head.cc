#include "gateway/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "provider/realtime.h"

namespace keypool::gateway {
namespace {

constexpr std::array<std::string_view, 4> kReadable{"gzip", "x-gzip", "deflate", "identity"};

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void add_framing(std::string& out, const http::Framing& framing) {
  switch (framing.kind) {
    case http::Framing::Kind::none:
    case http::Framing::Kind::until_close:
      return;
    case http::Framing::Kind::length: {
      std::array<char, 20> digits;
      const auto end = std::to_chars(digits.begin(), digits.end(), framing.length).ptr;
      add_line(out, "content-length", {digits.data(), end});
      return;
    }
    case http::Framing::Kind::chunked:
      add_line(out, "transfer-encoding", "chunked");
      return;
  }
}

void add_target(std::string& out, const config::BaseUrl& base, std::string_view rest) {
  const auto before = out.size();
  out.append(base.prefix);
  if ((rest.empty() && base.prefix.empty()) ||
      (!rest.empty() && rest.front() == '?' && base.prefix.empty())) {
    out.push_back('/');
  }
  if (rest.find('?') == std::string_view::npos) {
    out.append(rest);
  } else {
    out.append(provider::without_query_credential(rest));
  }
  if (out.size() == before) out.push_back('/');
}

// Whether the gateway writes the header itself, as far as upstream gets it.
bool is_framing(std::string_view name) {
  return http::same_name(name, "content-length") || http::same_name(name, "transfer-encoding") ||
         http::same_name(name, "expect");
}

// A WebSocket's messages are not compressed on their way: the tap reads them, and the bytes pass
// as they are.
bool is_extension(std::string_view name) {
  return http::same_name(name, "sec-websocket-extensions");
}

}  // namespace

std::string authority(const config::BaseUrl& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const auto host = v6 ? fmt::format("[{}]", url.host) : url.host;
  const std::uint16_t usual = url.tls ? 443 : 80;
  return url.port == usual ? host : fmt::format("{}:{}", host, url.port);
}

void write_request_head(const UpstreamRequest& request, std::string& out) {
  constexpr std::size_t kOwnLines = 256;
  const auto place = provider::credential_place(request.endpoint.dialect, request.rest);
  std::size_t size = kOwnLines + request.endpoint.base_url.prefix.size() + request.rest.size() +
                     request.authority.size() + request.secret.size();
  for (const auto& header : request.head.headers()) {
    size += header.name.size() + header.value.size() + 4;
  }
  out.clear();
  out.reserve(size);

  out.append(request.head.method()).append(" ");
  add_target(out, request.endpoint.base_url, request.rest);
  out.append(" HTTP/1.1\r\n");
  add_line(out, "host", request.authority);
  if (!request.secret.empty()) {
    out.append(place.header)
        .append(": ")
        .append(place.prefix)
        .append(request.secret)
        .append("\r\n");
  }
  for (const auto& header : request.head.headers()) {
    if (provider::stays_behind(header.name) || is_framing(header.name) ||
        request.head.is_connection_option(header.name) || is_extension(header.name)) {
      continue;
    }
    if (http::same_name(header.name, "sec-websocket-protocol")) {
      const auto offered = provider::without_subprotocol_credential(header.value);
      if (!offered.empty()) add_line(out, header.name, offered);
    } else if (http::same_name(header.name, "accept-encoding")) {
      add_line(out, header.name,
               request.plain_answer ? "identity" : narrowed_encodings(header.value));
    } else {
      add_line(out, header.name, header.value);
    }
  }
  if (request.switches) out.append("connection: Upgrade\r\nupgrade: websocket\r\n");
  add_framing(out, request.framing);
  out.append("\r\n");
}

std::string narrowed_encodings(std::string_view accept_encoding) {
  std::string narrowed;
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    auto item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const auto begin = item.find_first_not_of(" \t");
    if (begin == std::string_view::npos) continue;
    item.remove_prefix(begin);
    item = item.substr(0, item.find_last_not_of(" \t") + 1);
    const auto coding = item.substr(0, item.find_first_of("; \t"));
    const bool readable =
        std::any_of(kReadable.begin(), kReadable.end(),
                    [coding](std::string_view known) { return http::same_name(known, coding); });
    if (!readable) continue;
    if (!narrowed.empty()) narrowed.append(", ");
    narrowed.append(item);
  }
  if (narrowed.empty()) narrowed = "identity";
  return narrowed;
}

}  // namespace keypool::gateway
