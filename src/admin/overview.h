#pragma once

#include <nlohmann/json_fwd.hpp>

#include "admin/snapshot.h"

namespace keypool::admin {

/// The numbers of the whole gateway and of each endpoint; for endpoints also which keys rest, and
/// the soonest of them to come back.
[[nodiscard]] nlohmann::json overview(const Snapshot& snapshot, const config::Config& config);

}  // namespace keypool::admin
