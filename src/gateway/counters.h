#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/times.h"
#include "provider/verdict.h"

namespace keypool::gateway {

/// How a call ended, as its client saw it.
enum class Outcome {
  answered,  ///< with the provider's answer, whole, whatever its status
  refused,   ///< with an error of the gateway's own
  broken,    ///< with an answer that upstream did not finish
  hung_up,   ///< by the client
};

inline constexpr std::size_t kOutcomes = 4;

[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

/// How one try of a call ended: as the verdict on its answer says, or without an answer to judge.
enum class TryEnd {
  success,
  throttled,
  depleted,
  bad_key,
  no_model_access,
  overloaded,
  server_error,
  request_fault,
  unreachable,  ///< no connection, or one that ended before the answer
  timed_out,    ///< no answer in time
  broken,       ///< an answer that broke off
  hung_up,      ///< the client left
};

inline constexpr std::size_t kTryEnds = 12;

[[nodiscard]] std::string_view to_string(TryEnd end) noexcept;
[[nodiscard]] TryEnd end_of(provider::VerdictKind kind) noexcept;

/// What the gateway counts of one endpoint's calls.
struct EndpointCounters {
  std::array<std::atomic<std::uint64_t>, kOutcomes> ended{};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> waiting{0};  ///< in the pool's queue now
  /// Tries beyond a call's first, by how the one before ended.
  std::array<std::atomic<std::uint64_t>, kTryEnds> retries{};
  std::atomic<std::uint64_t> fallbacks{0};  ///< calls that went on to another endpoint

  [[nodiscard]] std::uint64_t ended_as(Outcome outcome) const noexcept {
    return ended[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t retries_after(TryEnd end) const noexcept {
    return retries[static_cast<std::size_t>(end)].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t all_retries() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& count : retries) sum += count.load(std::memory_order_relaxed);
    return sum;
  }
};

/// Counts for whoever watches the gateway. Each number is right by itself; two numbers read one
/// after the other need not fit together.
///
/// Thread-safety: any thread at any time.
class Counters {
 public:
  /// Those of the endpoint of this name, from now on for good: one that a reload takes out may come
  /// back. Not for each call.
  [[nodiscard]] EndpointCounters& of(std::string_view endpoint);

  /// The same; zeros where there never was such an endpoint.
  [[nodiscard]] const EndpointCounters& of(std::string_view endpoint) const;

  /// A reactor's own times of the endpoint. They live as long as the counters.
  [[nodiscard]] EndpointTimes<Times>& new_times(std::string_view endpoint);

  /// The endpoint's times of all reactors together.
  [[nodiscard]] EndpointTimes<Distribution> times_of(std::string_view endpoint) const;

  std::atomic<std::uint64_t> connections{0};  ///< of clients, open now
  std::atomic<std::uint64_t> calls{0};   ///< being served now, also those that go to no endpoint
  std::atomic<std::uint64_t> astray{0};  ///< calls refused before they had an endpoint

 private:
  mutable std::mutex mutex_;
  // Each stays where it is.
  std::map<std::string, EndpointCounters, std::less<>> endpoints_;
  std::map<std::string, std::deque<EndpointTimes<Times>>, std::less<>> times_;  // one a reactor
};

}  // namespace keypool::gateway
