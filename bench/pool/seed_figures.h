#pragma once

#include <map>
#include <optional>
#include <string>

namespace keypool::bench {

/// What the pool that keypool grew out of takes for the same work, in nanoseconds a call.
///
/// Its own bench writes them as JSON; the file is named by KEYPOOL_SEED_FIGURES and should come
/// from the same machine on the same day. Without it nothing is compared.
class SeedFigures {
 public:
  SeedFigures();

  /// Nothing when the case was not measured.
  [[nodiscard]] std::optional<double> nanoseconds(const std::string& what, int keys, int endpoints,
                                                  int threads) const;

  [[nodiscard]] bool known() const noexcept { return !figures_.empty(); }

 private:
  std::map<std::string, double> figures_;
};

}  // namespace keypool::bench
