#include "lab/comparison.h"

#include <array>

namespace keypool::lab {
namespace {

constexpr std::array kKnowledge{Knowledge::everything, Knowledge::configured, Knowledge::headers,
                                Knowledge::hints, Knowledge::nothing};

}  // namespace

Comparison compare(const Simulation& base, const Progress& progress) {
  constexpr double kRuns = kKnowledge.size() * kBadDays.size();
  Comparison comparison;
  double done = 0;
  for (const Knowledge knowledge : kKnowledge) {
    Comparison::Row& row = comparison.rows.emplace_back();
    row.name = to_string(knowledge);
    for (const BadDay day : kBadDays) {
      Simulation simulation = on(day, base);
      simulation.name = to_string(day);
      simulation.knowledge = knowledge;
      row.days.push_back(simulate(simulation, [&](double share) {
        if (progress) progress((done + share) / kRuns);
      }));
      ++done;
    }
  }
  Comparison::Row& best = comparison.rows.emplace_back();
  best.name = "one bucket";
  for (const BadDay day : kBadDays) {
    Simulation simulation = on(day, base);
    simulation.name = to_string(day);
    best.days.push_back(simulate_one_bucket(simulation));
  }
  return comparison;
}

}  // namespace keypool::lab
