#include "cli/planner.h"

#include <algorithm>
#include <utility>

#include "cli/ledger_plan.h"

namespace keypool::cli {

Planner::~Planner() {
  if (thread_.joinable()) thread_.join();
}

bool Planner::make(const admin::PlanQuestion& question,
                   std::function<void(admin::PlanOutcome)> then) {
  if (busy_.exchange(true)) return false;
  if (thread_.joinable()) thread_.join();
  // A reload may change the configuration meanwhile.
  const auto found =
      std::ranges::find(config_.endpoints, question.endpoint, &config::Endpoint::name);
  const auto endpoint =
      found == config_.endpoints.end() ? std::nullopt : std::optional<config::Endpoint>(*found);
  thread_ = std::thread([this, question, endpoint, then = std::move(then)] {
    admin::PlanOutcome outcome = plan(question, endpoint);
    busy_ = false;
    then(std::move(outcome));
  });
  return true;
}

admin::PlanOutcome Planner::plan(const admin::PlanQuestion& question,
                                 const std::optional<config::Endpoint>& endpoint) const {
  if (!endpoint || endpoint->keyless) {
    return std::unexpected(admin::NoPlan{.code = "no_limits_known",
                                         .message = "this endpoint has no keys, so no plan"});
  }
  const auto now = state::hour_of(system_clock().wall());
  const auto rows = kept_.usage(
      {.by = {state::By::hour, state::By::model},
       .from = static_cast<state::Hour>(static_cast<std::int64_t>(now) - question.back.count() + 1),
       .endpoint = question.endpoint});
  if (!rows) {
    return std::unexpected(
        admin::NoPlan{.status = 503, .code = "usage_unavailable", .message = rows.error().message});
  }
  return plan_from_ledger({.endpoint = *endpoint,
                           .hours = *rows,
                           .keys = pool_.stats(question.endpoint),
                           .lanes = pool_.lanes(question.endpoint)},
                          question);
}

}  // namespace keypool::cli
