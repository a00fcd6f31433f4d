#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `keys:` of an endpoint: `none`, or a list of names and of maps with a name.
[[nodiscard]] bool read_keys(const YamlNode& node, Endpoint& endpoint, Problems& problems);

}  // namespace keypool::config
