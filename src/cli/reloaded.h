#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config/changes.h"
#include "config/key_registry.h"

namespace keypool::cli {

/// What a reload did, or why it did nothing.
struct Reloaded {
  std::vector<std::string> problems = {};  ///< not empty: everything is as it was
  config::ConfigChanges config = {};
  config::KeyChanges keys = {};

  [[nodiscard]] bool good() const noexcept { return problems.empty(); }
};

/// What whoever asked for it over the admin API is told.
[[nodiscard]] nlohmann::json reloaded_json(const Reloaded& reloaded);

/// The same in lines for people, from the JSON: `Reloaded: 2 keys added.`, then each change.
[[nodiscard]] std::string reloaded_text(const nlohmann::json& answer);

}  // namespace keypool::cli
