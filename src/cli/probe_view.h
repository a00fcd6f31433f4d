#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/probe.h"
#include "cli/terminal.h"

namespace keypool::cli {

/// A probed key with its place in the configuration.
struct ProbedKey {
  std::string endpoint;
  std::string key;  ///< empty: the endpoint needs none
  Probed probed;
};

/// A row a key, then what to know about them all.
[[nodiscard]] std::string probe_report(const std::vector<ProbedKey>& keys,
                                       const Terminal& terminal);

/// One key's result, for a program to read.
[[nodiscard]] nlohmann::json probe_json(const ProbedKey& key);

}  // namespace keypool::cli
