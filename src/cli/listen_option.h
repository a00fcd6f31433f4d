#pragma once

#include <optional>
#include <string>

#include "config/config.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace keypool::cli {

/// Adds an option that takes an address as the configuration does. What is none is a wrong use.
CLI::Option* add_listen_option(CLI::App& command, const std::string& name,
                               std::optional<config::Listen>& target, const std::string& help);

}  // namespace keypool::cli
