#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <keypool/key_stats.h>

#include "cli/demo_traffic.h"
#include "cli/terminal.h"

namespace keypool::cli {

/// A moment of the demo.
struct DemoMoment {
  std::chrono::milliseconds elapsed{0};
  std::chrono::milliseconds length{0};
  DemoTraffic::Counts counts;
  std::vector<KeyStats> keys;
  WallTime now;
};

/// The live picture: time, calls and a table of keys. Whole lines no wider than the terminal.
[[nodiscard]] std::string demo_frame(const DemoMoment& moment, const Terminal& terminal);

/// The same in one line, for a pipe or a file.
[[nodiscard]] std::string demo_progress(const DemoMoment& moment);

/// How the demo went, against what one key would have done by itself.
struct DemoResult {
  std::chrono::milliseconds length{0};
  DemoTraffic::Counts counts;
  std::vector<KeyStats> keys;
  std::string best_key;              ///< the one that would have answered most by itself
  std::uint64_t best_key_alone = 0;  ///< calls of the same traffic it could have answered alone
};

[[nodiscard]] std::string demo_summary(const DemoResult& result, const Terminal& terminal);
[[nodiscard]] std::string demo_json(const DemoResult& result);

}  // namespace keypool::cli
