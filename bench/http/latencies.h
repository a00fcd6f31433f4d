#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/http/moment.h"

namespace keypool::bench {

/// How long things took: every sample is kept, so that a percentile is one that was really seen.
class Latencies {
 public:
  void add(nanoseconds took) { samples_.push_back(took); }

  [[nodiscard]] std::size_t count() const noexcept { return samples_.size(); }

  /// The smallest sample that `share` (0 to 1) of all do not exceed; zero without samples.
  [[nodiscard]] nanoseconds percentile(double share) const;

  /// `{"count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"}`
  [[nodiscard]] nlohmann::json summary() const;

 private:
  mutable std::vector<nanoseconds> samples_;  ///< in no order: selecting moves them about
};

}  // namespace keypool::bench
