#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/config.h"

namespace keypool::config {

/// `http` or `https`, a host name or address, perhaps a port and a path; no credentials, no query.
/// The error says in a few words what is wrong and repeats nothing of the text.
[[nodiscard]] std::expected<BaseUrl, std::string> parse_base_url(std::string_view text);

/// `host:port`, an IPv6 address in brackets; port 0 lets the system choose.
[[nodiscard]] std::expected<Listen, std::string> parse_listen(std::string_view text);

}  // namespace keypool::config
