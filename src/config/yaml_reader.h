#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// Reads a YAML text into a tree. Of YAML a configuration needs little, and what it does not need
/// is refused: anchors, aliases and tags (each value stands where it is written), a second
/// document, names that are not plain text, names that come twice in a map, nesting deeper than any
/// field. False when the text could not be read to its end; then `problems` tells why.
[[nodiscard]] bool read_yaml(std::string_view text, YamlDocument& document, Problems& problems);

}  // namespace keypool::config
