#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace keypool::cli {

/// Adds an option that takes `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` for 127.0.0.1. What is no such
/// address, or reaches beyond this machine, is a wrong use: whoever can connect could spend the
/// keys.
CLI::Option* add_listen_option(CLI::App& command, const std::string& name,
                               std::optional<config::Listen>& target, const std::string& help);

}  // namespace keypool::cli
