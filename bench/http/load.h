#pragma once

#include <chrono>
#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "bench/http/chat.h"

namespace keypool::bench {

/// Kinds of load, each with a question. Every result says what came wrong beside what it measured:
/// `refused` (answers other than 200) and `broken` (connections that ended too early).
struct Load {
  ChatRequest request;
  int connections = 64;
  std::chrono::duration<double> lasting{4.0};
};

/// How many calls pass when every connection asks again as soon as it is answered?
/// `{"completed", "per_second", "refused", "broken", "latency": {…}}`
[[nodiscard]] nlohmann::json run_closed_loop(const Load& load);

/// How long does a call take when calls come at a pace that does not depend on the answers? A
/// call's time counts from the moment it was due, also while it waited for a free connection: a
/// server that stalls cannot hide the calls that it kept from being made ("coordinated omission").
/// As above, with `unanswered` and `longest_queue`.
[[nodiscard]] nlohmann::json run_open_loop(const Load& load, double calls_per_second);

/// What happens to the events of many streams at once? Each connection runs one stream after
/// another; their beginnings are spread over the time between two events.
/// `{"streams", "events", "refused", "broken", "first_event": {…}, "event_delay": {…}}`, where a
/// delay is from the provider's stamp to the event's end being read here.
[[nodiscard]] nlohmann::json run_streams(const Load& load);

/// What does a stream cost that stands open and silent? Opens one on each connection, prints
/// `{"open", "refused", "broken"}` once each had its first event, and holds them until standard
/// input ends.
void hold_idle_streams(const Load& load);

}  // namespace keypool::bench
