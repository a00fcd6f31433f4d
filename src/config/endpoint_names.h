#pragma once

#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// Names that stand in a file before or after what they name: looked at once all is read.
class EndpointNames {
 public:
  /// `root` must outlive it.
  explicit EndpointNames(const YamlNode& root);

  /// Adds a problem when `node`, the name of an endpoint, names none. A node that holds no name has
  /// had its problem already.
  void check(const YamlNode& node, Problems& problems) const;

 private:
  std::vector<std::string_view> names_;
};

/// The fallbacks of every endpoint: others than itself, each once, that speak the same dialect.
void check_fallbacks(const YamlNode& root, const Config& config, Problems& problems);

}  // namespace keypool::config
