#pragma once

#include <string>
#include <vector>

#include "lab/bad_day.h"
#include "lab/simulation.h"

namespace keypool::lab {

/// A simulation with everything that the pool may know, on every kind of day.
struct Comparison {
  struct Row {
    std::string name;           ///< what was known; the last row is what nobody can better
    std::vector<Outcome> days;  ///< in the order of kBadDays
  };

  std::vector<Row> rows;
};

/// `progress` is told about the whole.
[[nodiscard]] Comparison compare(const Simulation& base, const Progress& progress = nullptr);

}  // namespace keypool::lab
