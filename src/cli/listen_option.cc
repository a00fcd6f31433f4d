#include "cli/listen_option.h"

#include <charconv>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace keypool::cli {
namespace {

std::optional<config::Listen> parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);

  config::Listen listen{"127.0.0.1", 0};
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, listen.port);
  if (error != std::errc() || rest != end) return std::nullopt;

  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (!host.empty()) listen.host = host;
  return listen;
}

}  // namespace

CLI::Option* add_listen_option(CLI::App& command, const std::string& name,
                               std::optional<config::Listen>& target, const std::string& help) {
  const auto take = [&target, name](const std::string& text) {
    const auto listen = parse(text);
    if (!listen) {
      throw CLI::ValidationError(
          name, fmt::format("expected HOST:PORT such as 127.0.0.1:8080, got \"{}\"", text));
    }
    if (!listen->loopback()) {
      throw CLI::ValidationError(
          name, fmt::format("{} can be reached from other machines, and whoever reaches it spends "
                            "your keys; use 127.0.0.1 or [::1]",
                            text));
    }
    target = *listen;
  };
  return command.add_option_function<std::string>(name, take, help)->type_name("HOST:PORT");
}

}  // namespace keypool::cli
