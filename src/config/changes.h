#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace keypool::config {

/// An endpoint that is there before and after, and which of its fields differ.
struct EndpointChange {
  std::string name;
  std::vector<std::string> fields;

  friend bool operator==(const EndpointChange&, const EndpointChange&) = default;
};

/// How one configuration differs from another, in the file's own words. What its keys come to is
/// KeyChanges' business.
struct ConfigChanges {
  std::vector<std::string> added;    ///< endpoints
  std::vector<std::string> removed;  ///< endpoints
  std::vector<EndpointChange> changed;
  std::vector<std::string> others;        ///< fields of the whole file: `routes`, `prices`, …
  std::vector<std::string> need_restart;  ///< fields that a running gateway cannot change

  [[nodiscard]] bool empty() const noexcept {
    return added.empty() && removed.empty() && changed.empty() && others.empty() &&
           need_restart.empty();
  }
};

[[nodiscard]] ConfigChanges changes_between(const Config& before, const Config& after);

/// Gives `after` the values of `before` in all fields that a running gateway cannot change.
void keep_what_needs_restart(const Config& before, Config& after);

}  // namespace keypool::config
