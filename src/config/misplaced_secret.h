#pragma once

#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// Refuses every value and name below `node` that has the shape of a provider's key, wherever it
/// stands, with the way to store it instead.
void refuse_secrets(const YamlNode& node, Problems& problems);

/// Refuses a value that looks drawn at random, as keys without a shape do, where a name is
/// expected. Returns whether it did.
bool refuse_random(const YamlNode& node, Problems& problems);

}  // namespace keypool::config
