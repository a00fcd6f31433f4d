#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `routes:`, a list of maps.
[[nodiscard]] bool read_routes(const YamlNode& node, Config& config, Problems& problems);

/// Whether each route of `root` leads to an endpoint of `root`; both may stand in any order.
void check_routes(const YamlNode& root, Problems& problems);

}  // namespace keypool::config
