#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `prices:`, a map of models and what their tokens cost.
[[nodiscard]] bool read_prices(const YamlNode& node, Config& config, Problems& problems);

}  // namespace keypool::config
