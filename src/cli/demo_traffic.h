#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace keypool::cli {

/// Chat calls to a gateway, arriving at random as those of many callers would (exponential gaps).
/// Runs on a thread of its own.
///
/// Thread-safety: `counts` from any thread, the rest from one; `arrivals` after `stop_arrivals`.
class DemoTraffic {
 public:
  struct Plan {
    std::uint16_t port = 0;
    std::string target;  ///< `/demo/v1/chat/completions`
    std::string model;
    double calls_per_second = 1;
    std::uint64_t seed = 1;
  };

  struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;

    [[nodiscard]] std::uint64_t in_flight() const noexcept { return calls - answered - failed; }
  };

  explicit DemoTraffic(Plan plan);
  DemoTraffic(const DemoTraffic&) = delete;
  DemoTraffic& operator=(const DemoTraffic&) = delete;
  ~DemoTraffic();  ///< cuts running calls off

  /// No further call begins once it returns; those that run go on.
  void stop_arrivals();

  [[nodiscard]] Counts counts() const noexcept;

  /// When each call began, since the traffic did, in order.
  [[nodiscard]] const std::vector<std::chrono::nanoseconds>& arrivals() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace keypool::cli
