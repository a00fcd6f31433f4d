#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/answer.h"

namespace keypool::cli {

/// Where a running gateway's admin API is: what `option` says (`http://host:port`, or `host:port`),
/// else the configuration file's `admin.listen`, else 127.0.0.1:8081.
[[nodiscard]] std::expected<config::Listen, std::string> admin_address(const std::string& option);

/// What it answers, whatever the status, or a sentence for the operator. Where the gateway asks for
/// a token, it is sent the secret called KEYPOOL_ADMIN_TOKEN.
[[nodiscard]] std::expected<http::Answer, std::string> call_admin(
    const config::Listen& address, const std::string& method, const std::string& target,
    std::chrono::milliseconds patience = std::chrono::seconds(5));

/// The body of a good answer, or a sentence for the operator.
[[nodiscard]] std::expected<std::string, std::string> ask_admin(
    const config::Listen& address, const std::string& target,
    std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace keypool::cli
