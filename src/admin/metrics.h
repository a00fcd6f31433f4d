#pragma once

#include <string>

#include "admin/snapshot.h"

namespace keypool::admin {

/// The snapshot in Prometheus' text format. docs/metrics.md tells what each series means.
[[nodiscard]] std::string metrics_text(const Snapshot& snapshot);

}  // namespace keypool::admin
