#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace keypool::cli {

/// Adds an option that takes an address as the configuration does. What is none, or reaches beyond
/// this machine, is a wrong use: whoever can connect could spend the keys.
CLI::Option* add_listen_option(CLI::App& command, const std::string& name,
                               std::optional<config::Listen>& target, const std::string& help);

}  // namespace keypool::cli
