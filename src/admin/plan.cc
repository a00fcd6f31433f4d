#include "admin/plan.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "admin/json_answer.h"
#include "admin/target.h"

namespace keypool::admin {
namespace {

using nlohmann::json;

json point_json(const Plan::Point& point) {
  return {{"keys", point.keys},
          {"p99_wait_ms", point.p99_wait.count()},
          {"failed_share", point.failed_share},
          {"rate_limited_per_1000", point.rate_limited_per_1000}};
}

}  // namespace

std::expected<PlanQuestion, std::string> read_plan_question(std::string_view query) {
  PlanQuestion question;
  const auto endpoint = query_value(query, "endpoint");
  if (!endpoint || endpoint->empty()) return std::unexpected("`endpoint` takes an endpoint's name");
  question.endpoint = *endpoint;
  question.model = query_value(query, "model").value_or("");
  const auto wait = query_number(query, "wait_ms", 0, 60'000, 500);
  if (!wait) return std::unexpected(wait.error());
  question.wait = std::chrono::milliseconds(*wait);
  const auto hours = query_number(query, "hours", 1, 24 * 35, 24);
  if (!hours) return std::unexpected(hours.error());
  question.back = std::chrono::hours(*hours);
  return question;
}

http::Answer plan_answer(const PlanOutcome& outcome) {
  if (!outcome) {
    const NoPlan& none = outcome.error();
    return error_answer(none.status, none.code, none.message);
  }
  const Plan& plan = *outcome;
  json curve = json::array();
  for (const Plan::Point& point : plan.curve) curve.push_back(point_json(point));
  return json_answer({{"endpoint", plan.endpoint},
                      {"model", plan.model},
                      {"keys_now", plan.now.keys},
                      {"wait_ms", plan.wait.count()},
                      {"p99_wait_ms_now", plan.now.p99_wait.count()},
                      {"keys_needed", plan.keys_needed},
                      {"now", point_json(plan.now)},
                      {"curve", std::move(curve)},
                      {"assumptions", plan.assumptions}});
}

}  // namespace keypool::admin
