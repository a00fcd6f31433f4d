#pragma once

#include <string>

#include "admin/snapshot.h"

namespace keypool::admin {

/// The snapshot, and what was used, in Prometheus' text format. docs/metrics.md tells what each
/// series means.
[[nodiscard]] std::string metrics_text(const Snapshot& snapshot, const UsedBySeries& used);

}  // namespace keypool::admin
