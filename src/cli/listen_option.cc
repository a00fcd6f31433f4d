#include "cli/listen_option.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "config/address.h"

namespace keypool::cli {

CLI::Option* add_listen_option(CLI::App& command, const std::string& name,
                               std::optional<config::Listen>& target, const std::string& help) {
  const auto take = [&target, name](const std::string& text) {
    const auto listen = config::parse_listen(text);
    if (!listen) {
      throw CLI::ValidationError(
          name, fmt::format("expected HOST:PORT such as 127.0.0.1:8080, but \"{}\" has {}", text,
                            listen.error()));
    }
    target = *listen;
  };
  return command.add_option_function<std::string>(name, take, help)->type_name("HOST:PORT");
}

}  // namespace keypool::cli
