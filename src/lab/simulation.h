#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <keypool/key_pool.h>

#include "lab/scenario.h"
#include "lab/trace.h"

namespace keypool::lab {

/// What the pool may know of the keys' limits.
enum class Knowledge {
  everything,  ///< an operator has told them, and the answers tell them
  configured,  ///< an operator has told them; a refusal says when to come back
  headers,     ///< the answers tell them
  hints,       ///< only a refusal says when to come back
  nothing,     ///< not even that
};

[[nodiscard]] std::string_view to_string(Knowledge knowledge) noexcept;

/// What callers do when no key has room.
enum class Patience {
  wait,  ///< in the pool's queue
  none,  ///< they take whatever key they get, and try up to three times in all
};

/// One run of the pool's real code over a workload, against the simulated provider's limits, on a
/// clock of its own.
struct Simulation {
  std::string name = {};
  Scenario scenario = {};  ///< keys, organizations, limits and their changes, pace; no faults
  Trace trace = {};

  Policy policy = Policy::headroom;
  Knowledge knowledge = Knowledge::headers;
  Patience patience = Patience::wait;
  std::chrono::milliseconds max_wait{30'000};
  bool streams = true;  ///< an answer's head comes with its first token; else with its end
  bool organizations_told = true;  ///< else the pool finds them in the answers
  double estimate_factor = 1;  ///< what the pool takes a question's size to be, against the truth
  std::chrono::milliseconds cooldown{60'000};  ///< of a refusal without a hint
};

/// What became of the calls of a stretch of time, by when they came.
struct Slice {
  std::uint64_t offered = 0;
  std::uint64_t served = 0;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  ///< answers 429, by when they came
  std::chrono::milliseconds wait_p99{0};
};

struct KeyShare {
  std::string name;
  std::uint64_t served = 0;
  std::uint64_t refused = 0;
};

/// How a simulation went.
struct Outcome {
  std::string name;
  std::uint64_t offered = 0;
  std::uint64_t served = 0;
  std::uint64_t failed = 0;               ///< found no key within max_wait
  std::uint64_t refused = 0;              ///< answers 429, each of which cost another try
  std::chrono::milliseconds wait_p50{0};  ///< of served calls, from arrival to the try that was
  std::chrono::milliseconds wait_p99{0};
  std::chrono::milliseconds wait_max{0};
  std::uint64_t followed = 0;   ///< turns of a conversation that went to the key of the turn before
  std::uint64_t followers = 0;  ///< turns that had one before
  std::vector<KeyShare> keys;
  WorldTime slice_length{0};
  std::vector<Slice> slices;

  [[nodiscard]] double failed_share() const noexcept;
  [[nodiscard]] double refused_per_thousand() const noexcept;
  [[nodiscard]] double followed_share() const noexcept;
};

/// Told now and then what share of the calls has come.
using Progress = std::function<void(double share)>;

[[nodiscard]] Outcome simulate(const Simulation& simulation, const Progress& progress = nullptr);

/// The same calls as they fare with the pool that keypool grew out of: the key with the fewest
/// tokens ever, no queue, limits unknown.
[[nodiscard]] Simulation without_a_queue(Simulation simulation);

/// What nobody can better: all the limits in one bucket, and one queue before it.
[[nodiscard]] Outcome simulate_one_bucket(const Simulation& simulation);

/// The scenario as callers of one model see it: its limits and its pace are those of every model.
/// An empty name is a model that only `*` fits. The error says which patterns there are, when
/// limits are told but for others.
[[nodiscard]] std::expected<Scenario, std::string> for_model(Scenario scenario,
                                                             std::string_view model);

/// Calls a second that the limits of all organizations together allow, for calls as those of the
/// trace are on average.
[[nodiscard]] double capacity_of(const Scenario& scenario, const Trace& trace);

/// The trace, sped up or slowed down until it asks for `share` of the scenario's capacity.
[[nodiscard]] Trace at_load(const Scenario& scenario, Trace trace, double share);

/// The model that every simulated call asks for.
inline constexpr std::string_view kSimulatedModel = "simulated";

}  // namespace keypool::lab
