#pragma once

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `limits:` of a key: a map from models to what the provider allows of each. A model's name goes
/// before `prefix*`, a longer prefix before a shorter one, and `*` comes last; what the more
/// specific one leaves open it takes from the next that fits.
[[nodiscard]] bool read_key_limits(const YamlNode& node, Key& key, Problems& problems);

}  // namespace keypool::config
