#pragma once

#include <nlohmann/json_fwd.hpp>

#include "config/config.h"

namespace keypool::admin {

/// The configuration in force, defaults filled in; field names and units as in the file, times in
/// milliseconds. Keys are named, their secrets are not part of a configuration.
[[nodiscard]] nlohmann::json config_json(const config::Config& config);

}  // namespace keypool::admin
