#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lab/random.h"
#include "lab/scenario.h"
#include "lab/token_bucket.h"

namespace keypool::lab {

/// What a fault is matched with.
struct CallMarks {
  std::string_view key = {};
  std::string_view model = {};
  std::string_view path = {};
  WorldTime now{0};
};

/// Decides which call meets which fault.
///
/// Thread-safety: none.
class FaultScript {
 public:
  explicit FaultScript(std::vector<Fault> faults);

  /// The first fault that strikes the call, or null. Every fault that matches the call counts it,
  /// whether it strikes or not. Valid as long as the script.
  [[nodiscard]] const Fault* strike(const CallMarks& call, Random& random);

 private:
  struct Entry {
    Fault fault;
    std::uint64_t calls = 0;
  };

  std::vector<Entry> entries_;
};

}  // namespace keypool::lab
