#include "pool/key_counts.h"

#include <algorithm>

namespace keypool::pool {

KeyStats not_registered(KeyStats stats) {
  stats.in_flight = 0;
  stats.window_load = 0;
  stats.state = KeyState::disabled;
  stats.reason = "not registered";
  stats.until.reset();
  return stats;
}

void add_counts(KeyStats& to, const KeyStats& more) {
  to.total_requests += more.total_requests;
  to.successes += more.successes;
  to.failures += more.failures;
  to.rate_limits += more.rate_limits;
  to.abandoned += more.abandoned;
  to.total_latency += more.total_latency;
  to.total_input_tokens += more.total_input_tokens;
  to.total_output_tokens += more.total_output_tokens;
  to.last_success_at = std::max(to.last_success_at, more.last_success_at);
  to.last_rate_limit_at = std::max(to.last_rate_limit_at, more.last_rate_limit_at);
}

}  // namespace keypool::pool
