#include "gateway/relocation.h"

#include <optional>

#include "gateway/request_head.h"
#include "http/header.h"
#include "provider/dialect.h"

namespace keypool::gateway {
namespace {

// What stands behind the base URL; nothing when the address is not below it.
std::optional<std::string_view> rest_of(std::string_view address, const config::BaseUrl& base) {
  const auto scheme_end = address.find("://");
  if (scheme_end != std::string_view::npos) {
    if (!http::same_name(address.substr(0, scheme_end), base.tls ? "https" : "http")) {
      return std::nullopt;
    }
    address.remove_prefix(scheme_end + 3);
    const auto host = address.substr(0, address.find_first_of("/?#"));
    if (!http::same_name(host, authority(base))) return std::nullopt;
    address.remove_prefix(host.size());
  } else if (!address.starts_with('/') || address.starts_with("//")) {
    return std::nullopt;  // relative to what was asked for, and good as it is
  }
  if (!address.starts_with(base.prefix)) return std::nullopt;
  address.remove_prefix(base.prefix.size());
  const bool below = address.empty() || address.front() == '/' || address.front() == '?';
  return below ? std::optional(address) : std::nullopt;
}

}  // namespace

std::string relocated(std::string_view address, const Relocation& relocation) {
  const auto rest = rest_of(address, relocation.endpoint.base_url);
  if (!rest) return provider::without_query_credential(address);
  std::string out;
  if (!relocation.host.empty()) {
    out.append(relocation.scheme).append("://").append(relocation.host);
  }
  out.append("/").append(relocation.endpoint.name);
  out.append(provider::without_query_credential(*rest));
  if (const auto own = provider::query_credential(relocation.target); !own.empty()) {
    out.append(out.find('?') == std::string::npos ? "?" : "&").append(own);
  }
  return out;
}

}  // namespace keypool::gateway
