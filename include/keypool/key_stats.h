#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/clock.h>
#include <keypool/limits.h>
#include <keypool/standing.h>

namespace keypool {

/// What an operator sees of a key. Printed by `to_string` exactly as spelled here, in JSON, metrics
/// and on the command line alike.
enum class KeyState {
  ready,     ///< may be leased
  cooling,   ///< a rate limit: passed over until a known time
  depleted,  ///< its quota group has no credit left, or reached a spending limit
  invalid,   ///< the provider refuses the secret
  disabled,  ///< taken out by an operator
  draining,  ///< by an operator, or unregistered: no new call, those in flight may end
};

[[nodiscard]] std::string_view to_string(KeyState state) noexcept;

/// One key's counts since it was registered, and its state at the time of asking. Plain data, a
/// copy.
struct KeyStats {
  std::string name;  ///< `OPENAI_API_KEY`, or `OPENAI_API_KEY[2]`; safe to show

  std::uint64_t total_requests = 0;  ///< leases given out
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;                  ///< failed calls, rate limits not among them
  std::uint64_t rate_limits = 0;               ///< calls answered with a rate limit
  std::uint64_t abandoned = 0;                 ///< leases that ended without a report
  std::chrono::milliseconds total_latency{0};  ///< of successful calls
  std::uint64_t total_input_tokens = 0;
  std::uint64_t total_output_tokens = 0;
  std::uint64_t in_flight = 0;
  std::optional<WallTime> last_rate_limit_at;
  std::optional<WallTime> last_success_at;

  /// Tokens charged lately to the key's quota group (Options::load_window), decaying; calls in
  /// flight are in it with their estimate.
  double window_load = 0;
  KeyState state = KeyState::ready;
  std::string reason;             ///< why it is not ready; empty when it is
  std::optional<WallTime> until;  ///< when it will be ready again, where that is known
  std::string last_failure;       ///< why the last failed call failed; empty without one

  /// Mean latency of successful calls; 0 without data.
  [[nodiscard]] double average_latency_ms() const noexcept;

  /// successes / (successes + failures), 0 to 1; 0.5 without data. Rate limits do not count.
  [[nodiscard]] double success_rate() const noexcept;

  /// What the tokens counted so far cost, at prices in USD per million tokens.
  [[nodiscard]] double cost_usd(double input_per_million, double output_per_million) const noexcept;
};

/// One lane at the time of asking: a quota group × a model.
struct LaneStats {
  std::string model;              ///< empty: calls that named none
  std::vector<std::string> keys;  ///< of its quota group
  std::uint64_t in_flight = 0;
  double load = 0;  ///< tokens charged lately, calls in flight with their estimate

  struct Room {
    Dimension dimension;
    LimitSource source;
    std::uint64_t limit;
    double left;  ///< what may still be used now; below 0 when overdrawn
  };
  std::vector<Room> rooms;  ///< of the limits that are known

  /// What the lane keeps to because refusals asked for it.
  struct Bound {
    LimitSource source;
    double most;
    WallTime until;  ///< unless it is asked for again
  };
  std::optional<Bound> at_once;           ///< calls in flight at a time
  std::optional<Bound> calls_per_minute;  ///< of a provider that asked to be called more slowly

  bool resting = false;
  std::optional<WallTime> until;      ///< when its rest ends
  LaneFault fault = LaneFault::none;  ///< why it rests, or still proves itself after a rest
};

/// The stats of one endpoint's keys, in order of registration.
struct EndpointStats {
  std::string endpoint;
  std::vector<KeyStats> keys;
};

}  // namespace keypool
