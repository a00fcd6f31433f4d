#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `limits:` of the whole gateway.
[[nodiscard]] bool read_limits(const YamlNode& node, Config& config, Problems& problems);

}  // namespace keypool::config
