#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace keypool::cli {

/// A configuration file with the endpoints of `found`, explained line by line, and `other_names` of
/// the keychain as a hint. Never holds a secret: it names them only.
[[nodiscard]] std::string starting_configuration(const config::Config& found,
                                                 const std::vector<std::string>& other_names);

}  // namespace keypool::cli
