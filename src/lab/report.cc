#include "lab/report.h"

#include <nlohmann/json.hpp>

namespace keypool::lab {
namespace {

using Json = nlohmann::ordered_json;

Json summary_of(const Outcome& outcome) {
  return {{"name", outcome.name},
          {"offered", outcome.offered},
          {"served", outcome.served},
          {"failed", outcome.failed},
          {"failed_share", outcome.failed_share()},
          {"refused", outcome.refused},
          {"refused_per_thousand", outcome.refused_per_thousand()},
          {"wait_ms",
           {{"p50", outcome.wait_p50.count()},
            {"p99", outcome.wait_p99.count()},
            {"max", outcome.wait_max.count()}}},
          {"followed_share", outcome.followed_share()}};
}

Json details_of(const Outcome& outcome) {
  Json json = summary_of(outcome);
  json["keys"] = Json::array();
  for (const KeyShare& key : outcome.keys) {
    json["keys"].push_back({{"name", key.name}, {"served", key.served}, {"refused", key.refused}});
  }
  json["slice_seconds"] = std::chrono::duration<double>(outcome.slice_length).count();
  json["slices"] = Json::array();
  for (const Slice& slice : outcome.slices) {
    json["slices"].push_back({{"offered", slice.offered},
                              {"served", slice.served},
                              {"failed", slice.failed},
                              {"refused", slice.refused},
                              {"wait_p99_ms", slice.wait_p99.count()}});
  }
  return json;
}

std::string text_of(const Json& json) { return json.dump(2) + "\n"; }

}  // namespace

std::string to_json(const std::vector<Outcome>& outcomes) {
  Json all = Json::array();
  for (const Outcome& outcome : outcomes) all.push_back(details_of(outcome));
  return text_of({{"outcomes", std::move(all)}});
}

std::string to_json(const Comparison& comparison) {
  Json rows = Json::array();
  for (const Comparison::Row& row : comparison.rows) {
    Json days = Json::array();
    for (const Outcome& outcome : row.days) days.push_back(summary_of(outcome));
    rows.push_back({{"known", row.name}, {"days", std::move(days)}});
  }
  return text_of({{"comparison", std::move(rows)}});
}

std::string to_json(const KeyPlan& plan) {
  Json tries = Json::array();
  for (const KeyPlan::Try& attempt : plan.tries) {
    tries.push_back({{"keys", attempt.keys},
                     {"failed", attempt.failed},
                     {"wait_p99_ms", attempt.wait_p99.count()}});
  }
  return text_of(
      {{"keys", plan.keys}, {"outcome", summary_of(plan.outcome)}, {"tries", std::move(tries)}});
}

}  // namespace keypool::lab
