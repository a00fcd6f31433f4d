#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "config/config.h"
#include "gateway/counters.h"
#include "gateway/tls.h"

namespace keypool::gateway {

/// One configuration, worked out for the data path. Constant: a call goes to its end by the rules
/// that were in force when it began, and a reload makes others for those that begin later.
struct Rules {
  /// `counters` must outlive it. `tls` by place in Config::endpoints, null where a URL is plain.
  /// Throws std::invalid_argument when an endpoint falls back on one that there is not.
  Rules(const config::Config& settings, Counters& counters,
        std::vector<std::shared_ptr<const TlsClient>> tls);

  const config::Config config;

  // By place in Config::endpoints.
  const std::vector<std::vector<std::size_t>> fallbacks;  ///< places of Endpoint::fallback
  const std::vector<EndpointCounters*> counters;
  const std::vector<std::shared_ptr<const TlsClient>> tls;
};

}  // namespace keypool::gateway
