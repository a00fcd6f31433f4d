#include "admin/usage_so_far.h"

#include <chrono>
#include <utility>

namespace keypool::admin {
namespace {

constexpr std::string_view kOther = "other";

state::Hour next(state::Hour hour) {
  return static_cast<state::Hour>(static_cast<std::int64_t>(hour) + 1);
}

}  // namespace

UsageSoFar::UsageSoFar(Ask ask, const Clock& clock)
    : ask_(std::move(ask)),
      clock_(clock),
      open_(state::hour_of(std::chrono::floor<std::chrono::days>(clock.wall()))) {}

const UsedBySeries& UsageSoFar::now() {
  const state::Hour hour = state::hour_of(clock_.wall());
  if (open_ < hour) {
    const auto ended = between(open_, hour);
    if (!ended) return all_;
    add(ended, closed_);
    open_ = hour;
  }
  const auto running = between(open_, next(hour));
  if (!running) return all_;
  all_ = closed_;
  add(running, all_);
  return all_;
}

UsageRows UsageSoFar::between(state::Hour from, state::Hour until) const {
  return ask_({.by = {state::By::key, state::By::model}, .from = from, .until = until});
}

void UsageSoFar::add(const UsageRows& rows, UsedBySeries& to) {
  for (const state::UsageRow& row : *rows) {
    if (row.figures.tokens() == 0 && row.figures[state::Figure::cost_micro_usd] == 0) continue;
    const std::string& label = row.labels[0];
    const std::size_t slash = label.find('/');
    const std::string endpoint = label.substr(0, slash);
    const std::string key = label.substr(slash + 1);
    std::string model = row.labels[1];
    Told& told = told_[endpoint];
    if (!told.models.contains(model) && told.models.size() >= kModelsToldApart) model = kOther;
    if (!told.pairs.contains({key, model}) && told.pairs.size() >= kPairsToldApart) model = kOther;
    if (model != kOther) {
      told.models.insert(model);
      told.pairs.emplace(key, model);
    }
    to[{endpoint, key, model}] += row.figures;
  }
}

}  // namespace keypool::admin
