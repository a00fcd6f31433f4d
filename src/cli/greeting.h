#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"
#include "config/config.h"
#include "config/register_keys.h"

namespace keypool::cli {

/// What `serve` has started.
struct Serving {
  const config::Config& config;
  const std::vector<config::ResolvedKey>& keys;
  std::string gateway_url;
  std::string admin_url;
  bool asks_for_token = false;  ///< of callers
  std::size_t demo_keys = 0;  ///< above zero: the endpoint `demo` runs over the simulated provider
};

/// What a person needs to know once it runs: where it listens, each endpoint with its keys and
/// where they were found, what is missing, and one call to paste.
[[nodiscard]] std::string greeting(const Serving& serving, const Terminal& terminal);

}  // namespace keypool::cli
