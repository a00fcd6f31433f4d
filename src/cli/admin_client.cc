#include "cli/admin_client.h"

#include <fmt/format.h>

#include <keypool/secret_source.h>

#include "config/address.h"
#include "config/load.h"
#include "http/client.h"

namespace keypool::cli {
namespace {

std::expected<config::Listen, std::string> parse_url(std::string_view url) {
  if (url.starts_with("https://")) {
    return std::unexpected("--admin: the admin API speaks plain http, on this machine");
  }
  std::string_view address = url;
  if (address.starts_with("http://")) address.remove_prefix(7);
  if (address.ends_with('/')) address.remove_suffix(1);
  auto parsed = config::parse_listen(address);
  if (!parsed) {
    return std::unexpected(
        fmt::format("--admin: expected http://HOST:PORT, but \"{}\" has {}", url, parsed.error()));
  }
  return parsed;
}

constexpr std::string_view kTokenName = "KEYPOOL_ADMIN_TOKEN";

using Fetched = std::expected<http::Answer, http::FetchError>;

Fetched fetch(const config::Listen& address, const std::string& method, const std::string& target,
              std::chrono::milliseconds patience, http::Fields headers = {}) {
  return http::fetch({.host = address.host,
                      .port = address.port,
                      .method = method,
                      .target = target,
                      .headers = std::move(headers),
                      .deadline = patience});
}

}  // namespace

std::expected<config::Listen, std::string> admin_address(const std::string& option) {
  if (!option.empty()) return parse_url(option);
  if (const auto file = config::find_file(std::nullopt)) return config::load_admin_listen(*file);
  return config::Config{}.admin;
}

std::expected<http::Answer, std::string> call_admin(const config::Listen& address,
                                                    const std::string& method,
                                                    const std::string& target,
                                                    std::chrono::milliseconds patience) {
  auto answer = fetch(address, method, target, patience);
  // Sent to none that does not ask for it.
  std::optional<SecretSource::Found> token;
  if (answer && answer->status == 401) token = system_secret_source().resolve(kTokenName);
  if (token) {
    answer = fetch(address, method, target, patience,
                   {{"authorization", fmt::format("Bearer {}", token->value.reveal())}});
  }
  if (!answer) {
    return std::unexpected(
        fmt::format("no gateway answers at http://{}: {}\n  Start one with `keypool serve`, or say "
                    "where its admin API is with --admin URL.",
                    address.text(), answer.error().message));
  }
  if (answer->status == 401) {
    return std::unexpected(
        token ? fmt::format("http://{} does not take the token {}, from {}; its hash stands in the "
                            "gateway's configuration as admin.token_hash",
                            address.text(), kTokenName, token->origin)
              : fmt::format("http://{} asks for a token; set {}, or keep it: keypool secrets put "
                            "{}",
                            address.text(), kTokenName, kTokenName));
  }
  return std::move(*answer);
}

std::expected<std::string, std::string> ask_admin(const config::Listen& address,
                                                  const std::string& target,
                                                  std::chrono::milliseconds patience) {
  const auto answer = call_admin(address, "GET", target, patience);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) {
    return std::unexpected(fmt::format("http://{}{} answered {}; is that a keypool's admin API?",
                                       address.text(), target, answer->status));
  }
  return answer->body;
}

}  // namespace keypool::cli
