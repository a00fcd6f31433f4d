#include "config/address.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "config/number.h"

namespace keypool::config {
namespace {

constexpr std::uint64_t kMostPort = 65535;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_address(int family, std::string_view text) {
  in6_addr room{};
  return ::inet_pton(family, std::string(text).c_str(), &room) == 1;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label,
                             [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

/// A name of labels (RFC 1123), or an IPv4 address.
bool is_host(std::string_view text) {
  if (text.size() > 253) return false;
  if (std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; })) {
    return is_address(AF_INET, text);
  }
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

struct HostAndPort {
  std::string host;
  std::optional<std::uint16_t> port;
};

std::expected<HostAndPort, std::string> parse_authority(std::string_view text) {
  HostAndPort result;
  std::string_view after_host;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::unexpected("a `[` without its `]`");
    const auto address = text.substr(1, end - 1);
    if (!is_address(AF_INET6, address)) return std::unexpected("no IPv6 address in the brackets");
    result.host = lower_case(address);
    after_host = text.substr(end + 1);
  } else {
    if (std::ranges::count(text, ':') > 1) {
      return std::unexpected("an IPv6 address stands in brackets, as in [::1]");
    }
    const auto colon = std::min(text.find(':'), text.size());
    if (colon == 0) return std::unexpected("no host");
    if (!is_host(text.substr(0, colon))) return std::unexpected("no valid host");
    result.host = lower_case(text.substr(0, colon));
    after_host = text.substr(colon);
  }
  if (after_host.empty()) return result;
  const auto port = parse_whole(after_host.substr(1));
  if (after_host.front() != ':' || !port || *port > kMostPort) {
    return std::unexpected("no valid port");
  }
  result.port = static_cast<std::uint16_t>(*port);
  return result;
}

/// Characters of a path (RFC 3986 §3.3), and no way up or around.
bool is_prefix(std::string_view path) {
  static constexpr std::string_view kOther = "-._~!$&'()*+,;=:@/%";
  const auto fits = [](char c) { return is_alphanumeric(c) || kOther.find(c) != kOther.npos; };
  if (!std::ranges::all_of(path, fits) || path.find("//") != path.npos) return false;
  const auto slashed = fmt::format("{}/", path);
  return slashed.find("/./") == slashed.npos && slashed.find("/../") == slashed.npos;
}

}  // namespace

std::expected<BaseUrl, std::string> parse_base_url(std::string_view text) {
  BaseUrl url;
  const auto scheme_end = std::min(text.find("://"), text.size());
  const auto scheme = lower_case(text.substr(0, scheme_end));
  if (scheme_end == text.size() || (scheme != "https" && scheme != "http")) {
    return std::unexpected("it must begin with https:// or http://");
  }
  url.tls = scheme == "https";
  text.remove_prefix(scheme_end + 3);
  if (text.find_first_of("?#") != text.npos) {
    return std::unexpected("it must have no query and no fragment");
  }
  const auto path_begin = std::min(text.find('/'), text.size());
  if (text.substr(0, path_begin).find('@') != text.npos) {
    return std::unexpected("it must hold no credentials; keys go under `keys`");
  }
  auto authority = parse_authority(text.substr(0, path_begin));
  if (!authority) return std::unexpected(authority.error());
  if (authority->port == 0) return std::unexpected("no valid port");
  url.host = std::move(authority->host);
  url.port = authority->port.value_or(url.tls ? 443 : 80);

  auto path = text.substr(path_begin);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!is_prefix(path)) return std::unexpected("its path must be plain, without `..` and `//`");
  url.prefix = path;
  return url;
}

std::expected<Listen, std::string> parse_listen(std::string_view text) {
  auto authority = parse_authority(text);
  if (!authority) return std::unexpected(authority.error());
  if (!authority->port) return std::unexpected("no port");
  return Listen{std::move(authority->host), *authority->port};
}

}  // namespace keypool::config
