#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `endpoints:`, a list of at least one.
[[nodiscard]] bool read_endpoints(const YamlNode& node, Config& config, Problems& problems);

}  // namespace keypool::config
