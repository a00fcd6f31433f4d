#include "config/config.h"

#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

namespace keypool::config {
namespace {

/// An IPv6 address stands in brackets before a port.
std::string host_text(std::string_view host) {
  return host.find(':') == host.npos ? std::string(host) : fmt::format("[{}]", host);
}

bool is_loopback_v4(const std::uint8_t* bytes) { return bytes[0] == 127; }

}  // namespace

std::string BaseUrl::text() const {
  const std::uint16_t usual_port = tls ? 443 : 80;
  return fmt::format("{}://{}{}{}", tls ? "https" : "http", host_text(host),
                     port == usual_port ? "" : fmt::format(":{}", port), prefix);
}

bool Listen::loopback() const {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return is_loopback_v4(reinterpret_cast<const std::uint8_t*>(&v4));
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return is_loopback_v4(&v6.s6_addr[12]);
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Listen::text() const { return fmt::format("{}:{}", host_text(host), port); }

std::string Problem::message() const {
  auto text = file.native();
  if (place.line > 0) text += fmt::format(":{}:{}", place.line, place.column);
  if (!field.empty()) text += fmt::format(": {}", field);
  return fmt::format("{}: {}", text, expected);
}

}  // namespace keypool::config
