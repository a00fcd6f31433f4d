#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include <keypool/clock.h>

#include "admin/subject.h"
#include "state/ledger.h"

namespace keypool::admin {

/// Tokens and cost by endpoint, key and model for the metrics: counters that only grow, since the
/// beginning of the day (UTC) on which the gateway started. Each question to the ledger is about
/// the last hour or two, however long the gateway runs.
///
/// Names are bounded, and a name once told stays: the first kModelsToldApart models that tokens
/// were used of in an endpoint have their own, and the first kPairsToldApart pairs of a key and a
/// model; what comes later is counted to the model `other`. A model that no provider serves uses no
/// tokens, so callers cannot fill this with names they make up.
///
/// Thread-safety: one thread.
class UsageSoFar {
 public:
  static constexpr std::size_t kModelsToldApart = 10;
  static constexpr std::size_t kPairsToldApart = 2000;

  using Ask = std::function<UsageRows(const state::UsageQuestion& question)>;

  UsageSoFar(Ask ask, const Clock& clock);

  /// As much of it as the ledger tells now; what it told last where it cannot be read.
  [[nodiscard]] const UsedBySeries& now();

 private:
  struct Told {
    std::set<std::string> models;
    std::set<std::pair<std::string, std::string>> pairs;  // of a key and a model
  };

  void add(const UsageRows& rows, UsedBySeries& to);
  [[nodiscard]] UsageRows between(state::Hour from, state::Hour until) const;

  const Ask ask_;
  const Clock& clock_;
  state::Hour open_;  // what was used before it is in `closed_`
  UsedBySeries closed_;
  UsedBySeries all_;
  std::map<std::string, Told> told_;  // by endpoint
};

}  // namespace keypool::admin
