#include "bench/http/latencies.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace keypool::bench {

nanoseconds Latencies::percentile(double share) const {
  if (samples_.empty()) return nanoseconds(0);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(count())));
  const auto at =
      samples_.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, count()) - 1);
  std::nth_element(samples_.begin(), at, samples_.end());
  return *at;
}

nlohmann::json Latencies::summary() const {
  const auto us = [this](double share) {
    return std::chrono::duration<double, std::micro>(percentile(share)).count();
  };
  return {{"count", count()},   {"p50_us", us(0.5)},    {"p90_us", us(0.9)},
          {"p99_us", us(0.99)}, {"p999_us", us(0.999)}, {"max_us", us(1.0)}};
}

}  // namespace keypool::bench
