#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lab/simulation.h"

namespace keypool::lab {

/// Counts what becomes of a simulation's calls.
class Tally {
 public:
  explicit Tally(const Simulation& simulation);

  void refused(std::optional<std::size_t> key, WorldTime now);
  void served(std::size_t call, std::optional<std::size_t> key, WorldTime began);

  [[nodiscard]] Outcome outcome() &&;

 private:
  [[nodiscard]] std::size_t slice_at(WorldTime time) const noexcept;
  void count_conversations();

  const Trace& trace_;
  Outcome outcome_;
  std::vector<WorldTime> waits_;  ///< of each call; negative when it was not served
  std::vector<std::size_t> served_by_;
};

}  // namespace keypool::lab
