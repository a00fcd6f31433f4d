#pragma once

#include <memory>
#include <vector>

#include "gateway/rules.h"
#include "gateway/upstream.h"

namespace keypool::gateway {

/// The rules, and where they lead to from one reactor. A call holds those that it began with, so
/// that it can end by them; what only they need is let go of with the last such call.
///
/// Thread-safety: constant, but for what it points to; the reactor's thread only.
struct Directions {
  std::shared_ptr<const Rules> rules;

  // By place in Config::endpoints.
  std::vector<std::shared_ptr<Upstream>> upstreams;
  std::vector<EndpointTimes<Times>*> times;  ///< where this thread counts how long things take
};

}  // namespace keypool::gateway
