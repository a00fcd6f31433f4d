#pragma once

#include <string>

#include "config/config.h"
#include "config/problems.h"
#include "config/yaml_node.h"

namespace keypool::config {

/// `clients:`, a list of who may call, and how much.
[[nodiscard]] bool read_clients(const YamlNode& node, Config& config, Problems& problems);

/// The hash of a token: `sha256:…`. Anything else is refused with the way to make one, and never
/// repeated: it may be the token itself. False: `node` is no scalar.
[[nodiscard]] bool read_token_hash(const YamlNode& node, std::string& hash, Problems& problems);

inline constexpr std::string_view kTokenHashExpected =
    "the hash of a token, \"sha256:\" and 64 hexadecimal digits";

/// Looks at the names of endpoints once all is read.
void check_clients(const YamlNode& root, Problems& problems);

}  // namespace keypool::config
