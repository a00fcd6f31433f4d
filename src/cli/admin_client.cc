#include "cli/admin_client.h"

#include <charconv>

#include <fmt/format.h>

#include "config/load.h"
#include "http/client.h"

namespace keypool::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{5'000};

std::expected<config::Listen, std::string> parse_url(std::string_view url) {
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(fmt::format("--admin: {}, got \"{}\"", what, url));
  };
  std::string_view rest = url;
  if (rest.starts_with("https://")) return wrong("the admin API speaks plain http on loopback");
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong("expected http://HOST:PORT");

  config::Listen address{std::string(rest.substr(0, colon)), 0};
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + colon + 1, end, address.port);
  if (error != std::errc() || stop != end || address.port == 0 || address.host.empty()) {
    return wrong("expected http://HOST:PORT");
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  return address;
}

}  // namespace

std::expected<config::Listen, std::string> admin_address(const std::string& option) {
  if (!option.empty()) return parse_url(option);
  if (const auto file = config::find_file(std::nullopt)) {
    // A file with mistakes is the business of `check` and `serve`: the gateway that runs was
    // started when it had none.
    if (const auto config = config::load(*file)) return config->admin;
  }
  return config::Config{}.admin;
}

std::expected<std::string, std::string> ask_admin(const config::Listen& address,
                                                  const std::string& target) {
  const auto answer = http::fetch(
      {.host = address.host, .port = address.port, .target = target, .deadline = kPatience});
  if (!answer) {
    return std::unexpected(
        fmt::format("no gateway answers at http://{}: {}\n  Start one with `keypool serve`, or say "
                    "where its admin API is with --admin URL.",
                    address.text(), answer.error().message));
  }
  if (answer->status != 200) {
    return std::unexpected(fmt::format("http://{}{} answered {}; is that a keypool's admin API?",
                                       address.text(), target, answer->status));
  }
  return answer->body;
}

}  // namespace keypool::cli
