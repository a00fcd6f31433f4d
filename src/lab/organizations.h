#pragma once

#include <map>
#include <string>

#include "lab/scenario.h"

namespace keypool::lab {

/// The limits of each organization of a scenario for the simulated model. A key without an
/// organization is one of its own.
class Organizations {
 public:
  explicit Organizations(const Scenario& scenario);

  void change(const LimitChange& change);

  [[nodiscard]] const std::map<std::string, Limits>& all() const noexcept { return limits_; }

  /// The name that the key's organization has here.
  [[nodiscard]] static std::string name_of(const Key& key);

 private:
  const Scenario& scenario_;
  std::map<std::string, Limits> limits_;
};

/// The limits of several organizations as those of one. A burst is the share that their bursts make
/// together.
class LimitSum {
 public:
  void add(const Limits& limits) noexcept;
  [[nodiscard]] Limits limits() const noexcept;

 private:
  Limits sum_;
  double weight_ = 0;
  double bursts_ = 0;
};

/// How large limits are, to compare them: minutes' tokens and requests, together.
[[nodiscard]] double size_of(const Limits& limits) noexcept;

}  // namespace keypool::lab
